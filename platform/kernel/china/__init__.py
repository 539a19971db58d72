"""What is Chinese by law or custom: divisions, phone numbers, pinyin, check digits."""
