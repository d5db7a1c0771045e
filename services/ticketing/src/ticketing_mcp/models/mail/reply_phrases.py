"""Words with which mail programs introduce the mail that they quote or forward, in the languages of their users.

Libraries for this (mail-parser-reply, quotequail) try regular expressions that take quadratic time for a hostile mail,
and take a forwarded mail for a quoted one. Their lists of phrases were a source of these.
"""

from typing import Final

WROTE: Final = (
    "wrote", "writes", "schrieb", "geschrieben", "a écrit", "écrivait", "escribió", "escribiu", "escreveu",
    "ha scritto", "scrisse", "schreef", "geschreven", "skrev", "skrifaði", "kirjoitti", "kirjutas", "rašė", "rakstīja",
    "napisał", "napisal", "napsal", "napísal", "napisao", "написал", "написала", "пишет", "писал", "написав", "пише",
    "írta", "yazdı", "a scris", "έγραψε", "đã viết", "menulis", "작성", "님이 쓴 글", "さんは書きました", "のメール",
    "写道", "寫道", "写到", "كتب", "כתב", "เขียน", "va escriure", "idatzi",
)  # fmt: skip
"""In a line such as "On 1 June 2026, Ann wrote:"."""

BEGINNINGS: Final = (
    "on ", "am ", "le ", "el ", "em ", "il ", "op ", "den ", "dne ", "dňa ", "dnia ", "w dniu ", "pe ", "la ", "vào ",
    "pada ", "στις ", "в ", "от ", "у ", "на ", "u ", "dana ", "在",
)  # fmt: skip
"""Of such a line, where a mail program broke it; else it begins with a digit."""

FROM: Final = frozenset(
    {"from", "von", "de", "da", "van", "od", "от", "від", "från", "fra", "lähettäjä", "feladó", "kimden", "gönderen"}
    | {
        "expéditeur",
        "remitente",
        "de la",
        "από",
        "差出人",
        "送信者",
        "发件人",
        "寄件者",
        "보낸 사람",
        "보낸사람",
        "من",
        "מאת",
    }
)
DATE: Final = frozenset(
    {"sent", "date", "gesendet", "datum", "envoyé", "enviado", "enviado el", "enviada em", "fecha", "data", "inviato"}
    | {"verzonden", "wysłano", "odesláno", "отправлено", "дата", "надіслано", "skickat", "sendt", "dato", "lähetetty"}
    | {
        "päivämäärä",
        "elküldve",
        "dátum",
        "gönderildi",
        "tarih",
        "送信日時",
        "日時",
        "日付",
        "发送时间",
        "日期",
        "寄件日期",
    }
    | {"보낸 날짜", "보낸날짜", "날짜", "ημερομηνία", "trimis", "تاريخ", "נשלח"}
)
RECEIVER: Final = frozenset(
    {"to", "an", "à", "para", "a", "aan", "do", "komu", "кому", "till", "til", "vastaanottaja", "címzett", "kime"}
    | {"alıcı", "pour", "destinatario", "προς", "către", "宛先", "收件人", "받는 사람", "받는사람", "إلى", "אל"}
    | {"subject", "betreff", "objet", "sujet", "asunto", "assunto", "oggetto", "onderwerp", "temat", "předmět", "тема"}
    | {"ämne", "emne", "aihe", "tárgy", "konu", "θέμα", "subiect", "件名", "主题", "主旨", "제목", "الموضوع", "נושא"}
)
"""Receiver or subject."""

QUOTED: Final = frozenset(
    {"original message", "original appointment", "ursprüngliche nachricht", "originalnachricht", "message d'origine"}
    | {"message original", "mensaje original", "mensagem original", "messaggio originale", "oorspronkelijk bericht"}
    | {
        "origineel bericht",
        "исходное сообщение",
        "вихідне повідомлення",
        "wiadomość oryginalna",
        "oryginalna wiadomość",
    }
    | {"původní zpráva", "pôvodná správa", "originalmeddelande", "ursprungligt meddelande", "oprindelig meddelelse"}
    | {"opprinnelig melding", "alkuperäinen viesti", "eredeti üzenet", "orijinal mesaj", "mesaj original"}
    | {"元のメッセージ", "原始邮件", "原始郵件", "원본 메시지", "원본메시지"}
)
FORWARDED: Final = frozenset(
    {
        "forwarded message",
        "begin forwarded message",
        "weitergeleitete nachricht",
        "anfang der weitergeleiteten nachricht",
    }
    | {"anfang der weitergeleiteten e-mail", "message transféré", "début du message transféré"}
    | {"début du message réexpédié", "mensaje reenviado", "inicio del mensaje reenviado", "mensagem encaminhada"}
    | {
        "mensagem reencaminhada",
        "início da mensagem reencaminhada",
        "messaggio inoltrato",
        "inizio messaggio inoltrato",
    }
    | {"doorgestuurd bericht", "begin doorgestuurd bericht", "пересылаемое сообщение", "переадресованное сообщение"}
    | {"начало переадресованного сообщения", "przekazana wiadomość", "wiadomość przekazana dalej", "přeposlaná zpráva"}
    | {"vidarebefordrat meddelande", "vidarebefordrat brev", "videresendt besked", "videresendt melding"}
    | {"videresendt meddelelse", "välitetty viesti", "továbbított üzenet", "iletilen mesaj", "mesaj redirecționat"}
    | {
        "転送されたメッセージ",
        "転送メッセージ",
        "转发的邮件",
        "转发邮件",
        "轉寄的郵件",
        "轉寄郵件",
        "전달된 메시지",
        "전달된 메일",
    }
)
SENT_FROM: Final = (
    "sent from my", "get outlook for", "von meinem", "gesendet von", "envoyé de mon", "envoyé depuis", "enviado desde",
    "enviado do meu", "inviato da", "verzonden vanaf", "skickat från", "sendt fra", "wysłane z", "отправлено с",
    "iphoneから送信", "发自我的",
)  # fmt: skip
"""What telephones write below every mail."""
