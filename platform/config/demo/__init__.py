"""The demo brand: an invented cosmetics house with goods, agents and ninety days of trade, made by the services."""
