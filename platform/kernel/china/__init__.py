"""Chinese conventions: divisions, phone numbers, pinyin, numbers with check digits."""
