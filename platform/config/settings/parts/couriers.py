"""快递鸟 (electronic waybills and tracks). `make run` points it at the stand-in of `infra/sandbox/couriers`."""

from config import env

KDNIAO_API_BASE = env.text("KDNIAO_API_BASE", "https://api.kdniao.com")
