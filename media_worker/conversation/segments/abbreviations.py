"""Words whose full stop closes no sentence, by language. Single letters ("J.", "z.B.", "e.g.") need no entry."""

from collections.abc import Mapping
from functools import cache

from media_worker.conversation.words.normal_form import base_language

_EVERYWHERE = "dr. prof. etc. vs. ca. tel. max. min."

_BY_LANGUAGE: Mapping[str, str] = {
    "en": "mr. mrs. ms. st. jr. sr. inc. ltd. co. corp. dept. approx. est. ext. apt. ave. blvd. rd. fig. vol. pp. "
    "gen. rev. sgt. capt. lt. hon. govt. misc. tues. thurs. jan. feb. aug. sept. oct. nov. dec.",
    "de": "hr. hrn. fr. frl. bzw. usw. evtl. inkl. exkl. ggf. str. st. vgl. bspw. sog. zzgl. mwst. mind. geb. gest. "
    "abs. dipl. ing. jan. feb. aug. sept. okt. nov. dez. tgl. std.",
    "fr": "mme. mlle. mm. me. ex. env. av. bd. apr. boul. éd. st. ste. janv. févr. juil. sept. oct. nov. déc. réf.",
    "es": "sr. sra. srta. dra. d. dña. ud. uds. vd. avda. av. ej. depto. pza. aprox. admón. lic. ing. ene. feb. abr. "
    "ago. sept. oct. nov. dic.",
    "it": "sig. sigg. sig.ra dott. dott.ssa avv. ing. ecc. es. pag. tot. geom. gen. feb. apr. mag. giu. lug. ago. "
    "sett. ott. nov. dic. spett.",
    "pt": "sr. sra. srta. dra. exmo. exma. av. ex. aprox. eng. lda. ltda. fev. abr. ago. set. out. nov. dez. pág.",
    "nl": "dhr. mevr. mw. mr. drs. bijv. enz. incl. excl. o.a. evt. str. st. jan. feb. mrt. apr. aug. sept. okt. "
    "nov. dec.",
    "pl": "np. tzw. ul. godz. tzn. itd. itp. pl. al. inż. mgr. św. tys. mln. zob. dot. pkt.",
    "cs": "např. tj. tzv. atd. apod. ul. nám. ing. mgr. bc. mudr. tzn. resp. cca. hod. tis. mil.",
    "sk": "napr. tzv. atď. apod. ul. nám. ing. mgr. resp. hod. tis. mil.",
    "da": "f.eks. bl.a. kl. nr. osv. evt. inkl. ekskl. hr. fr. str. jan. feb. aug. sept. okt. nov. dec.",
    "no": "f.eks. bl.a. kl. osv. evt. inkl. hr. fr. jan. feb. aug. sept. okt. nov. des.",
    "sv": "t.ex. bl.a. kl. osv. ev. inkl. exkl. hr. fr. st. jan. feb. aug. sept. okt. nov. dec.",
    "fi": "esim. klo. ks. mm. jne. ym. yms. puh. os. hra. rva.",
    "et": "nt. jne. kl. lk. vt. hr. pr. tn. pst.",
    "lv": "piem. utt. plkst. lpp. kgs. kdze.",
    "lt": "pvz. pan. val. gat. str. žr. doc.",
    "hu": "pl. stb. kb. ill. ifj. id. özv. dr. u. krt.",
    "ro": "dl. dna. d-na. str. nr. bd. sf. ex. ing. mil.",
    "bg": "напр. ул. бул. гр. стр. проф. инж. хил. млн.",
    "ru": "ул. пр. просп. стр. рис. тел. гр. проф. акад. руб. коп. тыс. млн. млрд. мин. сек. им.",
    "uk": "вул. просп. стор. рис. тел. проф. грн. коп. тис. млн. млрд. хв. напр. ім.",
    "el": "κ. κα. δηλ. π.χ. κ.λπ. βλ. αρ. τηλ. οδ. λεωφ.",
    "ca": "sr. sra. srta. dra. av. avda. pl. núm. aprox. gen. febr. set. oct. nov. des.",
    "hi": "डॉ. श्री. प्रो. रु.",
    "tr": "vb. vs. bkz. cad. sok. apt. mah. av. bşk. örn. yy. çev.",
    "id": "dll. dsb. jl. tn. ny. yth. hlm. tgl. no.",
    "ms": "dll. dsb. jln. en. pn. cik. no.",
    "vi": "tp. q. p. ths. ts. gs. bs. v.v.",
}
_NUMBERED: Mapping[str, str] = {
    "en": "no. nos. art. sec.",
    "de": "nr. art.",
    "fr": "no. nº. art.",
    "es": "núm. nro. no. art. pág.",
    "it": "nr. num. art. pag.",
    "pt": "nº. no. art.",
    "nl": "nr. art.",
    "sv": "nr.",
    "no": "nr.",
    "pl": "nr. poz.",
    "cs": "čís.",
}
ORDINAL_DOT = frozenset(
    (
        "bs",
        "cs",
        "da",
        "de",
        "et",
        "fi",
        "fo",
        "hr",
        "hu",
        "is",
        "lb",
        "lv",
        "nb",
        "nn",
        "no",
        "pl",
        "sk",
        "sl",
        "sr",
        "tr",
    )
)
"""Languages that write "3." for "third": a number's full stop says nothing there."""


@cache
def abbreviations(language: str) -> frozenset[str]:
    """Casefolded, with their full stops; `language` is a code such as `de` or `de-CH`."""
    return frozenset(f"{_EVERYWHERE} {_BY_LANGUAGE.get(base_language(language), _BY_LANGUAGE['en'])}".split())


@cache
def numbered(language: str) -> frozenset[str]:
    """Words that are abbreviations only before a number: "no. 7" against "No."."""
    return frozenset(_NUMBERED.get(base_language(language), _NUMBERED["en"]).split())
