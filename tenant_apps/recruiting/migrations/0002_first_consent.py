"""The first text that applicants agree to."""

from datetime import UTC, datetime

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TEXT_ZH = """我自愿申请成为本品牌的代理，并同意本品牌为审核申请、签订和履行代理合同而处理我在此提交的信息：姓名、手机号、微信号、地区、销售渠道、从业经历和证明图片。
信息仅由本品牌的授权人员查看；未获批准的，自决定之日起保存至不再需要为止。我可以随时凭本人专属链接查看、补充或撤回申请，也可以要求查阅、更正、复制或删除我的个人信息。
身份证号码和银行账户属于敏感个人信息，只有在我另行单独同意后才会收集，加密保存，每次查看均有记录。不提供这些信息不影响提交申请。
销售业绩只以实际商品销售计算；本品牌不以发展人员的数量计付报酬。"""
TEXT_EN = """I apply of my own will to become an agent of this brand, and agree that the brand uses what I send here to examine my application and to conclude and carry out an agent's contract: name, phone number, WeChat id, region, channels, experience and proof images.
Only people authorised by the brand see it; if I am not approved, it is kept no longer than it is needed after the decision. By my own link I can see, complete or withdraw my application at any time, and I may ask to see, correct, copy or delete my personal data.
ID numbers and bank accounts are sensitive data: they are collected only with a separate consent, stored encrypted, and every look at them is recorded. I can apply without giving them.
Results are counted by goods really sold; the brand pays nothing for the number of people recruited."""


def publish_first_consent(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Publish the first text that applicants agree to; a brand's own is the next version."""
    apps.get_model("recruiting", "ConsentText").objects.create(
        version=1,
        text_zh=TEXT_ZH,
        text_en=TEXT_EN,
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
        published_by="Banyan",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("recruiting", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(publish_first_consent, migrations.RunPython.noop, elidable=False),
    ]
