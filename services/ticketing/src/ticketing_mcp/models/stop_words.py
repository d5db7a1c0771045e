"""Stop words of English, German, French, Spanish, Portuguese and Polish."""

STOP_WORDS = frozenset((
    "a", "aber", "about", "after", "al", "ale", "all", "als", "also", "am", "an", "and", "any", "are", "as", "at",
    "au", "auch", "auf", "aus", "aux", "avec", "be", "been", "bei", "bin", "bitte", "but", "by", "can", "ce", "ces",
    "cette", "com", "como", "con", "could", "czy", "da", "dans", "das", "dass", "de", "del", "dem", "den", "der",
    "des", "did", "die", "dla", "do", "does", "dos", "du", "e", "ein", "eine", "einem", "einen", "einer", "el",
    "elle", "em", "en", "er", "es", "est", "esta", "este", "et", "eu", "for", "from", "gracias", "had", "hallo",
    "has", "hat", "have", "he", "hello", "her", "hi", "his", "hola", "how", "i", "ich", "if", "ihr", "il", "in",
    "is", "isso", "ist", "it", "its", "jak", "je", "jest", "just", "kein", "keine", "la", "las", "le", "les", "leur",
    "lo", "los", "ma", "mais", "me", "mein", "meine", "merci", "mes", "meu", "mi", "mich", "minha", "mir", "mit",
    "mnie", "moje", "mon", "my", "na", "nach", "nao", "ne", "nicht", "nie", "no", "nos", "not", "nous", "now", "o",
    "od", "oder", "of", "on", "or", "os", "ou", "our", "out", "par", "para", "pas", "pero", "please", "po", "por",
    "pour", "que", "qui", "sa", "se", "sem", "ses", "seu", "she", "si", "sich", "sie", "sin", "sind", "so", "some",
    "son", "su", "sur", "than", "thank", "thanks", "that", "the", "their", "them", "then", "there", "they", "this",
    "to", "um", "uma", "un", "una", "und", "une", "uns", "up", "us", "von", "vor", "vous", "w", "was", "we", "wenn",
    "were", "what", "when", "where", "which", "who", "why", "wie", "will", "wir", "with", "would", "y", "you",
    "your", "z", "za", "ze", "zu", "zum",
))  # fmt: skip
