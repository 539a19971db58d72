"""The fake 快递鸟 in this process: a server on a free port, and handles for tests."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from sandbox.core.control import Act
from sandbox.core.errors import Json
from sandbox.core.stand_in import StandIn
from sandbox.core.store import Session
from sandbox.core.web import Request, Response, json_response
from sandbox.core.webhooks import Webhook, enqueue

CHINA = timezone(timedelta(hours=8))
REQUIRED = ("OrderCode", "ShipperCode", "Sender", "Receiver", "Commodity")
REQUIRED_OF_PEOPLE = ("Name", "Mobile", "ProvinceName", "Address")
FORBIDDEN = "'\"#&+<>%\\"


def sign(data: str, key: str) -> str:
    """The `DataSign`: base64 of the hexadecimal MD5 of data and key."""
    return base64.b64encode(hashlib.md5((data + key).encode(), usedforsecurity=False).hexdigest().encode()).decode()


class FakeKdniao(StandIn):
    """`with FakeKdniao() as fake: KDNIAO_API_BASE = fake.url`, with `business_id` and `app_key` as the account.

    Its control API also has POST tell `{"number": …, "state": "3", "text": …, "at": "yyyy-MM-dd HH:mm:ss"}`: the
    carrier tells of a number, and the whole track is pushed; POST push `{"number": …}`: the track again;
    POST refuse `{"reason": …, "times": 1}`: the next waybills are refused; GET waybills.
    """

    name = "快递鸟"

    def __init__(
        self,
        *,
        now: datetime | None = None,
        ticking: bool = False,
        path: Path | None = None,
        port: int = 0,
        webhook_url: str = "",
    ) -> None:
        """Tracks are pushed to `webhook_url`; nothing is pushed without one."""
        super().__init__(now=now, ticking=ticking, path=path, port=port, paused=not webhook_url)
        self.webhook_url = webhook_url
        self.business_id = "test1234567"
        self.app_key = "banyan-sandbox-key"
        self._refusals: list[str] = []

    def answer(self, request: Request) -> Response:
        """Answer a signed form; a wrong signature is told as 快递鸟 tells it, with 200."""
        form = {name: values[-1] for name, values in parse_qs(request.body, keep_blank_values=True).items()}
        data = form.get("RequestData", "")
        if form.get("EBusinessID") != self.business_id or form.get("DataSign") != sign(data, self.app_key):
            return self._refuse("104", "用户校验失败[签名不匹配]")
        try:
            asked = json.loads(data)
        except ValueError:
            return self._refuse("103", "请求数据格式错误")
        kinds = {"1007": self._issue, "1147": self._cancel, "8001": self._track, "1002": self._track}
        known = kinds.get(form.get("RequestType", ""))
        return known(asked) if known else self._refuse("105", "RequestType不支持")

    def failure(self, status: int) -> Response:
        """An HTML page, as a proxy in front of the service gives."""
        return Response(status, b"<html><body>502 Bad Gateway</body></html>")

    def _refuse(self, code: str, reason: str, **more: object) -> Response:
        body: Json = {"EBusinessID": self.business_id, "Success": False, "ResultCode": code, "Reason": reason, **more}
        return json_response(200, body)

    def _issue(self, asked: Json) -> Response:
        """1007: a number; the same OrderCode again is refused with 106 and told the first number."""
        if any(mark in text for text in _texts(asked) for mark in FORBIDDEN):
            return self._refuse("103", "包含特殊字符")
        missing = [
            name for name in ("OrderCode", "ShipperCode", "Sender", "Receiver", "Commodity") if not asked.get(name)
        ]
        for person in ("Sender", "Receiver"):
            held = asked.get(person) or {}
            missing += [
                f"{person}.{name}" for name in ("Name", "Mobile", "ProvinceName", "Address") if not held.get(name)
            ]
        if missing:
            return self._refuse("101", f"缺少参数[{','.join(missing)}]", Order={"OrderCode": asked.get("OrderCode")})
        if self._refusals:
            return self._refuse("105", self._refusals.pop(0))
        with self.store.transaction() as session:
            first = session.find("waybill", str(asked["OrderCode"]))
            if first is not None and not first["cancelled"]:
                return self._refuse("106", "该订单号已下单成功", Order=_order_of(first))
            count = int(session.fact("numbers", 0)) + 1
            session.set_fact("numbers", count)
            code = str(asked["ShipperCode"])
            row: Json = {
                "id": str(asked["OrderCode"]),
                "carrier": code,
                "number": f"{code[:2]}{count:013d}",
                "receiver": asked["Receiver"],
                "cancelled": False,
                "traces": [],
            }
            if first is not None:
                first |= row
            else:
                session.add("waybill", row)
        done = {"Success": True, "ResultCode": "100", "Reason": "成功"}
        return json_response(200, {"EBusinessID": self.business_id, **done, "Order": _order_of(row)})

    def _cancel(self, asked: Json) -> Response:
        """1147: the number is given back, unless the carrier has the parcel."""
        with self.store.transaction() as session:
            row = session.find("waybill", str(asked.get("OrderCode")))
            if row is None or row["cancelled"] or row["number"] != asked.get("ExpNo"):
                return self._refuse("105", "订单不存在或已取消")
            if row["traces"]:
                return self._refuse("105", "快件已揽收，不能取消")
            row["cancelled"] = True
        return json_response(200, {"EBusinessID": self.business_id, "Success": True, "ResultCode": "100", "Reason": ""})

    def _track(self, asked: Json) -> Response:
        """8001: the whole track; nothing yet is a success without traces."""
        with self.store.transaction() as session:
            rows = [row for row in session.rows("waybill") if row["number"] == asked.get("LogisticCode")]
            body = self._track_of(rows[0]) if rows else {"Success": True, "State": "0", "Traces": []}
        if not body["Traces"]:
            body["Reason"] = "暂无轨迹信息"
        return json_response(200, {"EBusinessID": self.business_id, **body})

    def _track_of(self, row: Json) -> Json:
        traces = sorted(row["traces"], key=lambda one: str(one["AcceptTime"]))
        state = traces[-1]["Action"] if traces else "0"
        return {
            "Success": True,
            "ShipperCode": row["carrier"],
            "LogisticCode": row["number"],
            "State": state[:1],
            "StateEx": state,
            "Traces": traces,
        }

    def acts(self) -> Mapping[str, Act]:
        """Acts of the control API, with those that only couriers have."""
        return {
            **super().acts(),
            "GET waybills": lambda body: {"waybills": self.waybills()},
            "POST tell": self._tell,
            "POST push": self._push,
            "POST refuse": self._order_refusals,
        }

    def waybills(self) -> list[Json]:
        """Every number that was given, oldest first."""
        with self.store.transaction() as session:
            return [dict(row) for row in session.rows("waybill")]

    def tell(self, number: str, state: str, text: str, at: datetime | None = None) -> None:
        """Let the carrier tell something of a number, and push the whole track."""
        moment = (at or self.now).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
        self._tell({"number": number, "state": state, "text": text, "at": moment})

    def push_body(self, number: str) -> str:
        """The signed form of a push, for test clients."""
        with self.store.transaction() as session:
            row = next(row for row in session.rows("waybill") if row["number"] == number)
            return self._push_of(row)

    def _push_of(self, row: Json) -> str:
        moment = datetime.now(UTC).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
        data = {"EBusinessID": self.business_id, "PushTime": moment, "Count": "1", "Data": [self._track_of(row)]}
        text = json.dumps(data, ensure_ascii=False)
        return urlencode({"RequestData": text, "RequestType": "102", "DataSign": sign(text, self.app_key)})

    def _tell(self, body: Json) -> Json:
        with self.store.transaction() as session:
            row = next(row for row in session.rows("waybill") if row["number"] == body["number"])
            trace = {"AcceptTime": body["at"], "AcceptStation": body["text"], "Action": str(body["state"])}
            row["traces"] = [*row["traces"], trace]
        return self._push(body)

    def _push(self, body: Json) -> Json:
        if self.webhook_url:
            with self.store.transaction() as session:
                count = int(session.fact("pushes", 0)) + 1
                session.set_fact("pushes", count)
                enqueue(session, f"push_{count}", number=body["number"])
            self.webhooks.wake()
        return {"number": body["number"]}

    def _order_refusals(self, body: Json) -> Json:
        self._refusals += [str(body.get("reason", "电子面单余额不足"))] * int(body.get("times", 1))
        return {"refusals": len(self._refusals)}

    def compose_webhook(self, session: Session, delivery: Json) -> Webhook | None:
        """The push of a track, signed now."""
        row = next((row for row in session.rows("waybill") if row["number"] == delivery["number"]), None)
        if row is None:
            return None
        headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
        return Webhook(self.webhook_url, self._push_of(row), headers)

    def note_delivered(self, session: Session, delivery: Json) -> None:
        """Nothing is kept of a push that was taken."""

    def let_happen(self, session: Session, since: int, until: int) -> None:
        """Nothing happens by itself."""

    def start_over(self) -> None:
        """Begin without waybills."""


def _order_of(row: Json) -> Json:
    return {
        "OrderCode": row["id"],
        "ShipperCode": row["carrier"],
        "LogisticCode": row["number"],
        "MarkDestination": "755-A12 08",
        "SortingCode": "A12",
        "PackageName": "深圳转运中心",
    }


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for held in value.values() for text in _texts(held)]
    if isinstance(value, list):
        return [text for held in value for text in _texts(held)]
    return [value] if isinstance(value, str) else []
