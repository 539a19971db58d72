"""The life of the demo brand's network: terms, certificates, links, rules, groups, and people who want to join."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from config.demo.furnishing import Seller
from kernel.core import clock
from tenant_apps.agents.selectors import files_of_agents as files_of_agents_reads
from tenant_apps.agents.services import certificates, files_of_agents, groups, terms
from tenant_apps.attribution.services import referral_links
from tenant_apps.ranks.services.evaluation import evaluate_levels
from tenant_apps.ranks.services.level_rules import RuleSpec, save_rule
from tenant_apps.recruiting.selectors import applications as reads
from tenant_apps.recruiting.services import applications, page
from tenant_apps.recruiting.services.applications import NewApplication

CHANNELS = ("微信私域", "抖音", "小红书", "线下门店", "视频号")
CITIES = ("3501", "3502", "4401", "4403", "3301", "3101", "4201", "5101", "3702", "6101")
CERTIFIED = 12
LINKED = 10
# Name, last digits of 1990002xxxx, WeChat id, city, channel, what they tell. The third has the first one's WeChat id.
APPLICANTS = (
    ("林晓彤", 1, "xiaotong_lin", "3502", "微信私域", "做了三年护肤品社群,有五个三百人的群。"),
    ("周子涵", 2, "zihan_zhou", "4403", "抖音", "抖音美妆账号,两万粉丝。"),
    ("林彤", 3, "xiaotong_lin", "3502", "微信私域", "想换一个手机号重新申请。"),
    ("吴桂芳", 4, "", "3301", "线下门店", "在杭州有一家美容院。"),
    ("何浩然", 5, "haoran_he", "4201", "视频号", "视频号带货,主要卖面膜。"),
    ("郭欣怡", 6, "", "5101", "小红书", ""),
)


def take_deposits(sellers: list[Seller], *, now: datetime) -> None:
    """Note the deposits of the highest level as paid, and certify some agents."""
    for place, one in enumerate(sellers):
        for term in files_of_agents_reads.list_terms(agent_id=one.agent_id):
            if term.deposit:
                terms.record_deposit(term_id=term.pk, what="paid", now=now)
        if place < CERTIFIED:
            certificates.issue(agent_id=one.agent_id, now=now)


def record_links(random: Random, sellers: list[Seller], *, now: datetime) -> None:
    """Record channels the agents sell in, their links, and the clicks of the last weeks."""
    today = clock.business_date(now)
    for one in sellers:
        files_of_agents.change_file(
            agent_id=one.agent_id, region_code=random.choice(CITIES), channel=random.choice(CHANNELS), now=now
        )
    for one in sellers[:LINKED]:
        link = referral_links.ensure_link(agent_id=one.agent_id, now=now)
        for _visit in range(random.randint(5, 40)):
            day = today - timedelta(days=random.randrange(28))
            referral_links.count_visit(link_id=link.pk, day=day, is_new_visitor=random.random() < 0.6)
    files_of_agents.add_note(agent_id=sellers[0].agent_id, text="年度目标已谈妥,下季度可升级陈列支持。", now=now)
    by_hand = groups.create_group(name="种子代理", kind="manual")
    groups.add_members(group_id=by_hand.pk, agent_ids=[one.agent_id for one in sellers[:5]])
    groups.create_group(name="抖音代理", kind="channel", channel="抖音")
    groups.create_group(name="近三十天无业绩", kind="performance", days=30, sales_below=Decimal("0.01"))


def set_rules(level_ids: list[int], *, now: datetime) -> None:
    """Set one rule upwards and one downwards, and evaluate them once."""
    _general, regional, basic = level_ids
    for spec in (
        RuleSpec("普通升区域", "promote", basic, regional, "own", "rolling", Decimal("3000.00"), rolling_days=30),
        RuleSpec(
            "区域保级", "demote", regional, basic, "team", "rolling", Decimal("1200.00"), rolling_days=30, grace_days=14
        ),
    ):
        save_rule(spec=spec, now=now)
    evaluate_levels(now=now)


def receive_applications(sellers: list[Seller], level_ids: list[int], *, now: datetime) -> None:
    """Open the public page and file applications; one is rejected."""
    page.change_page(
        title="成为花漾的代理",
        introduction="我们提供一件代发、素材和培训。提交后一到三个工作日内审核。",
        default_level_id=level_ids[-1],
    )
    version = reads.get_consent().version
    referrer = sellers[1].code
    made = []
    for place, (name, digits, wechat_id, city, channel, experience) in enumerate(APPLICANTS):
        new = NewApplication(
            name=name,
            phone=f"1990002{digits:04d}",
            consent_version=version,
            wechat_id=wechat_id,
            region_code=city,
            channel=channel,
            experience=experience,
            wanted_level_id=level_ids[-1],
            referral_code=referrer if place % 2 else "",
        )
        application, _secret = applications.submit_application(new=new, now=now - timedelta(hours=50 - 8 * place))
        made.append(application)
    applications.reject_application(application_id=made[-1].pk, reason="incomplete", note="请补充经营经历。", now=now)
