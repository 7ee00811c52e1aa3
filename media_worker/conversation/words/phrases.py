"""What the agent says when something fails, by language (conversation.md 8); English for any other language."""

from collections.abc import Mapping
from dataclasses import dataclass

from media_worker.conversation.words.normal_form import base_language


@dataclass(frozen=True)
class Phrases:
    """One language's."""

    technical_problem: str
    """No reply could be had."""
    one_moment: str
    """The reply takes long, and the agent has no filler of its own."""
    not_caught: str
    """There was speech, and no words."""
    cannot_hear: str
    """The recogniser is gone for good; the call ends."""


_PHRASES: Mapping[str, Phrases] = {
    "en": Phrases(
        "Sorry, I have a technical problem. Could you repeat that?",
        "One moment, please.",
        "Sorry, I didn't catch that.",
        "I am sorry, I cannot hear you any more. Goodbye.",
    ),
    "bg": Phrases(
        "Съжалявам, имам технически проблем. Бихте ли повторили?",
        "Един момент, моля.",
        "Извинете, не ви разбрах.",
        "Съжалявам, вече не ви чувам. Довиждане.",
    ),
    "ca": Phrases(
        "Ho sento, tinc un problema tècnic. Ho podria repetir?",
        "Un moment, si us plau.",
        "Perdoni, no l'he entès.",
        "Ho sento, ja no el sento. Adéu.",
    ),
    "cs": Phrases(
        "Omlouvám se, mám technický problém. Můžete to zopakovat?",
        "Okamžik, prosím.",
        "Promiňte, můžete to zopakovat?",
        "Omlouvám se, už vás neslyším. Na shledanou.",
    ),
    "da": Phrases(
        "Undskyld, jeg har et teknisk problem. Vil du gentage det?",
        "Et øjeblik.",
        "Undskyld, det hørte jeg ikke.",
        "Jeg kan desværre ikke høre dig længere. Farvel.",
    ),
    "nl": Phrases(
        "Sorry, ik heb een technisch probleem. Kunt u dat herhalen?",
        "Een ogenblik, alstublieft.",
        "Sorry, dat heb ik niet verstaan.",
        "Het spijt me, ik kan u niet meer horen. Tot ziens.",
    ),
    "et": Phrases(
        "Vabandust, mul on tehniline probleem. Kas saaksite korrata?",
        "Üks hetk, palun.",
        "Vabandust, ma ei saanud aru.",
        "Vabandust, ma ei kuule teid enam. Head aega.",
    ),
    "fi": Phrases(
        "Anteeksi, minulla on tekninen ongelma. Voisitteko toistaa?",
        "Hetkinen, olkaa hyvä.",
        "Anteeksi, en saanut selvää.",
        "Valitettavasti en kuule teitä enää. Näkemiin.",
    ),
    "fr": Phrases(
        "Excusez-moi, j'ai un problème technique. Pouvez-vous répéter ?",
        "Un instant, s'il vous plaît.",
        "Pardon, je n'ai pas compris.",
        "Veuillez m'excuser, je ne vous entends plus. Au revoir.",
    ),
    "de": Phrases(
        "Entschuldigung, ich habe ein technisches Problem. Können Sie das wiederholen?",
        "Einen Moment, bitte.",
        "Entschuldigung, das habe ich nicht verstanden.",
        "Es tut mir leid, ich kann Sie nicht mehr hören. Auf Wiederhören.",
    ),
    "el": Phrases(
        "Συγγνώμη, έχω ένα τεχνικό πρόβλημα. Μπορείτε να το επαναλάβετε;",
        "Μια στιγμή, παρακαλώ.",
        "Συγγνώμη, δεν το κατάλαβα.",
        "Λυπάμαι, δεν σας ακούω πια. Αντίο.",
    ),
    "hi": Phrases(
        "माफ़ कीजिए, एक तकनीकी समस्या है। क्या आप दोहरा सकते हैं?",
        "एक क्षण, कृपया।",
        "माफ़ कीजिए, समझ नहीं आया।",
        "माफ़ कीजिए, अब आपकी आवाज़ नहीं आ रही है। नमस्ते।",
    ),
    "hu": Phrases(
        "Elnézést, műszaki hiba történt. Megismételné, kérem?",
        "Egy pillanat, kérem.",
        "Elnézést, ezt nem értettem.",
        "Sajnálom, már nem hallom Önt. Viszonthallásra.",
    ),
    "id": Phrases(
        "Maaf, ada masalah teknis. Bisa diulangi?",
        "Mohon tunggu sebentar.",
        "Maaf, saya tidak menangkapnya.",
        "Maaf, saya tidak bisa mendengar Anda lagi. Sampai jumpa.",
    ),
    "it": Phrases(
        "Mi scusi, ho un problema tecnico. Può ripetere?",
        "Un momento, per favore.",
        "Mi scusi, non ho capito.",
        "Mi dispiace, non la sento più. Arrivederci.",
    ),
    "ja": Phrases(
        "申し訳ありません、技術的な問題が発生しました。もう一度お願いできますか。",
        "少々お待ちください。",
        "すみません、聞き取れませんでした。",
        "申し訳ありません、お声が聞こえなくなりました。失礼いたします。",
    ),
    "ko": Phrases(
        "죄송합니다, 기술적인 문제가 있습니다. 다시 말씀해 주시겠어요?",
        "잠시만 기다려 주세요.",
        "죄송합니다, 잘 못 들었습니다.",
        "죄송합니다, 더 이상 들리지 않습니다. 안녕히 계세요.",
    ),
    "lv": Phrases(
        "Atvainojiet, man ir tehniska problēma. Vai varat atkārtot?",
        "Vienu brīdi, lūdzu.",
        "Atvainojiet, es nesapratu.",
        "Diemžēl es jūs vairs nedzirdu. Uz redzēšanos.",
    ),
    "lt": Phrases(
        "Atsiprašau, turiu techninę problemą. Gal galite pakartoti?",
        "Vieną minutę, prašau.",
        "Atsiprašau, nesupratau.",
        "Atsiprašau, jūsų nebegirdžiu. Viso gero.",
    ),
    "ms": Phrases(
        "Maaf, ada masalah teknikal. Boleh ulang semula?",
        "Sila tunggu sebentar.",
        "Maaf, saya tidak dapat menangkapnya.",
        "Maaf, saya tidak dapat mendengar anda lagi. Selamat tinggal.",
    ),
    "no": Phrases(
        "Beklager, jeg har et teknisk problem. Kan du gjenta det?",
        "Et øyeblikk.",
        "Beklager, jeg fikk ikke med meg det.",
        "Beklager, jeg kan ikke høre deg lenger. Ha det.",
    ),
    "pl": Phrases(
        "Przepraszam, mam problem techniczny. Czy można powtórzyć?",
        "Chwileczkę, proszę.",
        "Przepraszam, czy można powtórzyć?",
        "Przykro mi, już Państwa nie słyszę. Do widzenia.",
    ),
    "pt": Phrases(
        "Desculpe, tenho um problema técnico. Pode repetir?",
        "Um momento, por favor.",
        "Desculpe, não entendi.",
        "Lamento, já não consigo ouvir. Até logo.",
    ),
    "ro": Phrases(
        "Îmi pare rău, am o problemă tehnică. Puteți repeta?",
        "Un moment, vă rog.",
        "Scuzați, nu am înțeles.",
        "Îmi pare rău, nu vă mai aud. La revedere.",
    ),
    "ru": Phrases(
        "Извините, у меня техническая проблема. Повторите, пожалуйста.",
        "Одну минуту, пожалуйста.",
        "Извините, не удалось расслышать.",
        "К сожалению, я вас больше не слышу. До свидания.",
    ),
    "sk": Phrases(
        "Prepáčte, mám technický problém. Môžete to zopakovať?",
        "Chvíľu, prosím.",
        "Prepáčte, môžete to zopakovať?",
        "Prepáčte, už vás nepočujem. Dovidenia.",
    ),
    "es": Phrases(
        "Perdone, tengo un problema técnico. ¿Puede repetirlo?",
        "Un momento, por favor.",
        "Perdone, no le he entendido.",
        "Lo siento, ya no le oigo. Adiós.",
    ),
    "sv": Phrases(
        "Förlåt, jag har ett tekniskt problem. Kan du upprepa det?",
        "Ett ögonblick.",
        "Förlåt, jag uppfattade inte det.",
        "Tyvärr kan jag inte höra dig längre. Hej då.",
    ),
    "th": Phrases(
        "ขออภัย ระบบมีปัญหาทางเทคนิค กรุณาพูดอีกครั้งได้ไหม",
        "กรุณารอสักครู่",
        "ขออภัย ฟังไม่ทัน",
        "ขออภัย ไม่ได้ยินเสียงของคุณแล้ว สวัสดี",
    ),
    "tr": Phrases(
        "Üzgünüm, teknik bir sorun var. Tekrar eder misiniz?",
        "Bir dakika, lütfen.",
        "Üzgünüm, anlayamadım.",
        "Üzgünüm, sizi artık duyamıyorum. Hoşça kalın.",
    ),
    "uk": Phrases(
        "Вибачте, у мене технічна проблема. Повторіть, будь ласка.",
        "Хвилинку, будь ласка.",
        "Вибачте, не вдалося розчути.",
        "На жаль, я вас більше не чую. До побачення.",
    ),
    "vi": Phrases(
        "Xin lỗi, tôi gặp sự cố kỹ thuật. Bạn có thể nhắc lại không?",
        "Xin chờ một chút.",
        "Xin lỗi, tôi chưa nghe rõ.",
        "Xin lỗi, tôi không nghe thấy bạn nữa. Tạm biệt.",
    ),
}


def phrases(language: str) -> Phrases:
    """What to say in this language."""
    return _PHRASES.get(base_language(language), _PHRASES["en"])
