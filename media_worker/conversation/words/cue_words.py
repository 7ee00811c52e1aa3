"""The words that say whether a person is done speaking, by language (conversation.md 3.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from media_worker.conversation.words.normal_form import base_language, listed


@dataclass(frozen=True)
class CueWords:
    """One language's cues; lines of entries that are separated by commas."""

    open: str = ""
    """Nobody ends with these: conjunctions, articles, prepositions, auxiliaries, possessives."""
    fillers: str = ""
    """Said while thinking."""
    done: str = ""
    """Goodbyes and thanks: nothing follows."""
    hold: str = ""
    """Asks the agent to wait."""
    answers: str = ""
    """Yes, no and their kin: a whole answer to a question."""
    asks: str = ""
    """Words that begin a question which yes or no does not answer."""
    digits: str = ""
    """Zero to nine, in order; alternatives after a slash."""
    repeats: str = ""
    """Double, triple: the next digit stands twice, three times."""
    signs: str = ""
    """At, dot, dash: how addresses are read out."""
    letter_words: str = ""
    """Words of a single letter, which are no spelling."""
    phone: str = ""
    card: str = ""
    email: str = ""
    number: str = ""
    """What an agent asks for when something is going to be dictated, apart from the three above."""
    phone_digits: str = ""
    """How many digits a national phone number has."""
    endings: str = ""
    """Verb and particle endings that complete a sentence in a verb-final language."""


CUE_WORDS: Mapping[str, CueWords] = {
    "en": CueWords(
        open="and, but, or, so, because, if, when, while, the, a, an, my, your, our, their, his, to, for, with, "
        "of, at, from, is, are, was, i'm, it's, that's, i, we, than, which, who",
        fillers="um, uh, er, erm, hmm, like, you know, i mean, let's see",
        done="bye, goodbye, bye bye, thanks, thank you, that's all, that's it, nothing else, have a nice day",
        hold="hold on, hang on, one second, just a second, one sec, one moment, just a moment, a moment please, "
        "one minute, just a minute, give me a second, give me a moment, let me look, let me check, let me see, "
        "bear with me",
        answers="yes, no, yeah, yep, nope, sure, ok, okay, correct, right, exactly, of course, absolutely, "
        "definitely, please, not really, never, maybe",
        asks="what, which, who, whom, whose, when, where, why, how",
        digits="zero/oh/o/nought, one, two, three, four, five, six, seven, eight, nine",
        repeats="double, triple",
        signs="at, dot, dash, hyphen, underscore, point, slash, plus",
        letter_words="a, i",
        phone="phone, telephone, mobile, cell, phone number, call you back",
        card="card, card number, credit card",
        email="email, e mail, email address",
        number="number, code, pin, zip, postcode, postal code, spell, spelling, date of birth, account, "
        "reference, serial",
        phone_digits="10",
    ),
    "de": CueWords(
        open="und, aber, oder, denn, weil, wenn, dass, ob, sondern, der, die, dem, den, des, ein, eine, einen, "
        "einem, mein, meine, meinen, ihr, ihre, zum, zur, für, mit, von, vom, im, in, am, bei, ist, ich, wir, als",
        fillers="äh, ähm, öh, hm, also, na ja, sozusagen, sagen wir",
        done="tschüss, auf wiederhören, auf wiedersehen, danke, vielen dank, danke schön, das war's, das wär's, "
        "schönen tag noch",
        hold="moment, moment bitte, einen moment, einen moment bitte, augenblick, einen augenblick, sekunde, "
        "eine sekunde, kleinen moment, warten sie, warte mal, ich schau mal, ich schaue mal, ich sehe nach, "
        "ich schau nach",
        answers="ja, nein, doch, jawohl, genau, klar, gerne, okay, ok, richtig, stimmt, natürlich, bitte, nö, "
        "auf keinen fall, vielleicht",
        asks="was, welche, welcher, welches, welchen, wer, wen, wem, wessen, wann, wo, wohin, woher, warum, "
        "wieso, wie, wofür",
        digits="null, eins/ein, zwei/zwo, drei, vier, fünf, sechs, sieben, acht, neun",
        repeats="doppel",
        signs="at, ätt, klammeraffe, punkt, strich, minus, bindestrich, unterstrich, plus",
        phone="telefonnummer, handynummer, rufnummer, mobilnummer, telefon",
        card="kartennummer, kreditkarte, kreditkartennummer",
        email="mail, email, emailadresse, e mail",
        number="nummer, kundennummer, code, pin, postleitzahl, buchstabieren, geburtsdatum, kontonummer, iban",
    ),
    "fr": CueWords(
        open="et, mais, ou, donc, car, parce que, si, quand, que, qui, le, la, les, l', un, une, des, du, de, "
        "d', mon, ma, mes, votre, vos, à, au, aux, pour, avec, dans, en, sur, chez, par, est, sont, suis, je, "
        "j', nous, on, c'est, il, elle, pas de",
        fillers="euh, heu, bah, ben, hum, alors, en fait, disons, voyons",
        done="au revoir, merci, merci beaucoup, merci bien, c'est tout, ce sera tout, bonne journée, "
        "bonne soirée, à bientôt",
        hold="un instant, un instant s'il vous plaît, une seconde, un moment, une minute, attendez, "
        "ne quittez pas, je regarde, je vais voir, je vérifie, patientez",
        answers="oui, non, si, ouais, d'accord, exactement, voilà, bien sûr, ok, absolument, tout à fait, "
        "pas du tout, peut être, peutêtre, volontiers",
        asks="que, quoi, quel, quelle, quels, quelles, qui, quand, où, pourquoi, comment, combien, qu'est, "
        "lequel, laquelle",
        digits="zéro, un, deux, trois, quatre, cinq, six, sept, huit, neuf",
        repeats="double, triple",
        signs="arobase, point, tiret, trait, underscore, slash, plus",
        letter_words="a, à, y, l, d, j",
        phone="téléphone, portable, numéro de téléphone, mobile",
        card="carte, carte bancaire, numéro de carte",
        email="mail, email, courriel, adresse mail",
        number="numéro, code, code postal, épeler, épelez, date de naissance, référence, dossier",
        phone_digits="10",
    ),
    "es": CueWords(
        open="y, e, pero, o, u, porque, si, cuando, que, el, la, los, las, un, una, unos, mi, mis, su, sus, de, "
        "del, a, al, para, con, en, por, desde, hasta, es, son, está, estoy, soy, yo, como, donde, pues",
        fillers="eh, este, em, esto, o sea, a ver, digamos",
        done="adiós, hasta luego, gracias, muchas gracias, eso es todo, nada más, que tenga un buen día, chao",
        hold="un momento, un momento por favor, un segundo, un minuto, espere, espera, espere un momento, "
        "déjeme ver, déjeme mirar, voy a mirar, un momentito",
        answers="sí, si, no, claro, vale, de acuerdo, exacto, correcto, por supuesto, ok, perfecto, así es, "
        "para nada, quizás, tal vez",
        asks="qué, cuál, cuáles, quién, quiénes, cuándo, dónde, adónde, cómo, cuánto, cuánta, cuántos, cuántas",
        digits="cero, uno/un, dos, tres, cuatro, cinco, seis, siete, ocho, nueve",
        repeats="doble, triple",
        signs="arroba, punto, guion, guión, barra, más",
        letter_words="a, e, o, u, y",
        phone="teléfono, móvil, celular, número de teléfono",
        card="tarjeta, número de tarjeta",
        email="correo, correo electrónico, email, mail",
        number="número, código, código postal, deletrear, deletree, fecha de nacimiento, referencia, dni, cuenta",
        phone_digits="9",
    ),
    "it": CueWords(
        open="e, ed, ma, o, oppure, perché, se, quando, che, il, lo, la, i, gli, le, l', un, uno, una, mio, "
        "mia, miei, suo, sua, di, del, della, a, al, alla, per, con, in, da, dal, su, è, sono, io, come, "
        "quindi, anche",
        fillers="ehm, eh, mah, cioè, allora, insomma, diciamo, vediamo, beh",
        done="arrivederci, grazie, grazie mille, ciao, è tutto, basta così, nient'altro, buona giornata",
        hold="un attimo, un momento, un secondo, un minuto, aspetti, aspetta, attenda, fammi vedere, "
        "mi faccia vedere, vediamo un attimo, controllo, guardo un attimo",
        answers="sì, si, no, certo, esatto, va bene, d'accordo, giusto, ok, certamente, assolutamente, forse, "
        "volentieri, per niente",
        asks="che, cosa, quale, quali, chi, quando, dove, perché, come, quanto, quanta, quanti, quante",
        digits="zero, uno/un, due, tre, quattro, cinque, sei, sette, otto, nove",
        repeats="doppio, triplo",
        signs="chiocciola, punto, trattino, barra, più",
        letter_words="a, e, i, o, è",
        phone="telefono, cellulare, numero di telefono",
        card="carta, carta di credito, numero della carta",
        email="mail, email, posta elettronica, indirizzo mail",
        number="numero, codice, cap, codice fiscale, sillabare, compitare, data di nascita, riferimento",
    ),
    "pt": CueWords(
        open="e, mas, ou, porque, se, quando, que, o, a, os, as, um, uma, meu, minha, seu, sua, de, do, da, "
        "para, pra, com, em, no, na, por, ao, à, é, são, está, estou, sou, eu, como, então",
        fillers="hum, ahn, é, tipo, quer dizer, deixa ver, ora",
        done="tchau, adeus, obrigado, obrigada, muito obrigado, muito obrigada, é só isso, só isso, mais nada, "
        "tenha um bom dia",
        hold="um momento, um momento por favor, um segundo, um minuto, espere, espera, só um momento, "
        "só um minuto, peraí, deixa eu ver, deixe me ver, vou ver, um instante",
        answers="sim, não, claro, certo, ok, tá, tá bom, exato, com certeza, isso, está bem, de jeito nenhum, "
        "talvez, pois é",
        asks="que, quê, qual, quais, quem, quando, onde, aonde, como, quanto, quanta, quantos, quantas, por que",
        digits="zero, um/uma, dois/duas, três, quatro, cinco, seis/meia, sete, oito, nove",
        repeats="duplo, triplo",
        signs="arroba, ponto, traço, hífen, barra, mais",
        letter_words="a, e, o, é, à",
        phone="telefone, celular, telemóvel, número de telefone",
        card="cartão, número do cartão",
        email="email, mail, correio eletrônico, correio eletrónico",
        number="número, código, cep, código postal, soletrar, soletre, data de nascimento, cpf, nif, referência",
    ),
    "nl": CueWords(
        open="en, maar, of, want, omdat, als, die, de, het, een, mijn, uw, jouw, onze, naar, voor, met, van, "
        "tot, te, is, zijn, ben, ik, we, wij, dus, toen, dan",
        fillers="eh, uh, uhm, ehm, nou, zeg maar, even kijken, ja nou",
        done="dag, doei, tot ziens, bedankt, dank u, dank u wel, dank je wel, dat was het, dat is alles, fijne dag",
        hold="moment, een moment, momentje, een momentje, een ogenblik, ogenblikje, seconde, een seconde, "
        "wacht even, wacht, even wachten, ik kijk even, ik zoek het even op, blijf even hangen",
        answers="ja, nee, jawel, zeker, klopt, precies, oké, ok, graag, natuurlijk, inderdaad, juist, goed, "
        "misschien, liever niet",
        asks="wat, welke, welk, wie, wanneer, waar, waarom, hoe, hoeveel, waarvoor, wiens",
        digits="nul, een/één, twee, drie, vier, vijf, zes, zeven, acht, negen",
        repeats="dubbel",
        signs="apenstaartje, at, punt, streepje, slash, plus",
        letter_words="u",
        phone="telefoonnummer, mobiel, telefoon, nummer waarop",
        card="kaartnummer, creditcard, kaart",
        email="mail, email, mailadres, emailadres",
        number="nummer, code, postcode, spellen, geboortedatum, klantnummer, rekeningnummer, pincode",
        phone_digits="10",
    ),
    "ja": CueWords(
        open="て, で, が, を, に, は, も, の, と, から, けど, ので, し, たら, とか",
        fillers="えっと, えーと, えー, あの, あのー, まあ, その, うーんと",
        done="さようなら, 失礼します, ありがとうございました, ありがとうございます, 以上です, 結構です",
        hold="ちょっと待って, ちょっと待ってください, 少々お待ちください, 少し待って, お待ちください",
        answers="はい, いいえ, ええ, そうです, 違います, うん, いや, お願いします, 結構です",
        asks="何, なに, 何時, いつ, どこ, 誰, どなた, なぜ, どう, どの, どちら, いくら, いくつ",
        digits="ゼロ/れい, いち, に, さん, よん/し, ご, ろく, なな/しち, はち, きゅう",
        signs="アットマーク, ドット, ハイフン",
        phone="電話番号, お電話番号, 携帯",
        card="カード番号",
        email="メールアドレス, メール",
        number="番号, 暗証番号, 郵便番号, 生年月日",
        endings="です, ます, ました, でした, ません, ください, ね, よ, か, ですか, ますか, たい, だ",
    ),
}
_NONE = CueWords()
_ENGLISH_AND_SPANISH = CueWords(
    **{
        name: ", ".join(filter(None, (line, getattr(CUE_WORDS["es"], name))))
        for name, line in vars(CUE_WORDS["en"]).items()
        if name not in ("digits", "phone_digits")
    },
    digits=",".join(
        map("/".join, zip(CUE_WORDS["en"].digits.split(","), CUE_WORDS["es"].digits.split(","), strict=True))
    ),
)


@dataclass(frozen=True)
class Cues:
    """The same, ready for look-ups of normalised text."""

    open: frozenset[str]
    fillers: frozenset[str]
    done: frozenset[str]
    hold: frozenset[str]
    answers: frozenset[str]
    asks: frozenset[str]
    digits: Mapping[str, int]
    repeats: frozenset[str]
    signs: frozenset[str]
    letter_words: frozenset[str]
    phone: frozenset[str]
    card: frozenset[str]
    email: frozenset[str]
    number: frozenset[str]
    phone_digits: int | None
    endings: frozenset[str]


@cache
def cues_of(language: str) -> Cues:
    """The cues of a language such as `de` or `de-CH`; of one without data only punctuation and digits count.

    `multi` is English and Spanish together (protocol.md 12).
    """
    return _look_ups(_ENGLISH_AND_SPANISH if language == "multi" else CUE_WORDS.get(base_language(language), _NONE))


def _look_ups(words: CueWords) -> Cues:
    digits = {
        form: value for value, forms in enumerate(words.digits.split(",")) for form in listed(forms.replace("/", ","))
    }
    sets = {name: listed(line) for name, line in vars(words).items() if name not in ("digits", "phone_digits")}
    return Cues(digits=digits, phone_digits=int(words.phone_digits) if words.phone_digits else None, **sets)
