"""Chinese law and custom: divisions, phone numbers, pinyin, numbers with check digits."""
