"""How people say that they do not want to be called again (`privacy_settings.do_not_call_detection`).

The entries are whole wishes, because a shorter one would be found in "don't call me Bob" or "don't call before ten".
"""

from collections.abc import Mapping

from media_worker.conversation.words.normal_form import UNSPACED, base_language, normalise

_WISHES: Mapping[str, str] = {
    "en": "do not call me again, don't call me again, do not call me anymore, don't call me anymore, do not call me "
    "any more, don't call me any more, never call me again, never call again, stop calling me, stop calling "
    "this number, stop calling here, quit calling me, do not call this number, don't call this number, do not "
    "call here again, don't call here again, do not call list, no call list, take me off your list, take me "
    "off the list, take me off of your list, remove me from your list, remove me from the list, remove my "
    "number, delete my number, take my number off, do not contact me again, don't contact me again, stop "
    "contacting me, lose my number, no more calls",
    "cs": "už mi nevolejte, už mi nikdy nevolejte, přestaňte mi volat, vymažte moje číslo, smažte moje číslo, "
    "nepřeji si být kontaktován, nepřeji si být kontaktována, vyřaďte mě ze seznamu",
    "da": "ring ikke til mig igen, ring aldrig igen, stop med at ringe, slet mit nummer, fjern mit nummer, fjern "
    "mig fra listen",
    "de": "rufen sie mich nicht mehr an, rufen sie mich nie wieder an, rufen sie hier nicht mehr an, rufen sie "
    "nicht mehr an, hören sie auf mich anzurufen, hören sie auf anzurufen, löschen sie meine nummer, "
    "streichen sie mich von der liste, nehmen sie mich von der liste, keine anrufe mehr, ruf mich nicht mehr "
    "an, ruf mich nie wieder an",
    "es": "no me llame más, no me llamen más, no me vuelva a llamar, no me vuelvan a llamar, no vuelva a llamarme, "
    "no vuelvan a llamarme, deje de llamarme, dejen de llamarme, deje de llamar, borre mi número, borren mi "
    "número, elimine mi número, quíteme de la lista, quítenme de la lista, sáquenme de la lista, no quiero "
    "más llamadas",
    "fi": "älkää soittako minulle enää, älä soita minulle enää, lopettakaa soittaminen, poistakaa numeroni, poista "
    "numeroni, poistakaa minut listalta",
    "fr": "ne m'appelez plus, ne me rappelez plus, arrêtez de m'appeler, cessez de m'appeler, n'appelez plus, "
    "n'appelez plus ce numéro, supprimez mon numéro, effacez mon numéro, retirez moi de la liste, retirez moi "
    "de votre liste, enlevez moi de votre liste, ne m'appelle plus",
    "it": "non mi chiami più, non mi chiamate più, non chiamatemi più, non richiamatemi, smettetela di chiamarmi, "
    "smetta di chiamarmi, cancelli il mio numero, cancellate il mio numero, toglietemi dalla lista, mi tolga "
    "dalla lista",
    "ja": "もう電話しないで, もう電話をかけないで, 二度と電話しないで, 二度とかけてこないで, 電話番号を消して, "
    "番号を削除して, リストから外して, リストから削除して",
    "ko": "다시는 전화하지 마, 더 이상 전화하지 마, 전화 그만, 제 번호를 지워, 제 번호 삭제, 명단에서 빼",
    "nl": "bel me niet meer, bel mij niet meer, bel nooit meer, belt u mij niet meer, stop met bellen, hou op met "
    "bellen, verwijder mijn nummer, haal me van de lijst, haal mij van de lijst, haal me van uw lijst",
    "no": "ikke ring meg igjen, ikke ring meg mer, slutt å ringe, slett nummeret mitt, fjern nummeret mitt, fjern "
    "meg fra listen",
    "pl": "proszę do mnie więcej nie dzwonić, proszę więcej nie dzwonić, nie dzwońcie do mnie więcej, przestańcie "
    "dzwonić, proszę usunąć mój numer, usuńcie mój numer, wykreślcie mnie z listy, proszę mnie wykreślić z "
    "listy",
    "pt": "não me ligue mais, não me liguem mais, não ligue mais, não liguem mais, pare de me ligar, parem de me "
    "ligar, apague o meu número, apague meu número, remova o meu número, remova meu número, tire me da lista, "
    "tirem me da lista, me tire da lista",
    "ru": "больше мне не звоните, не звоните мне больше, больше не звоните, не звоните больше, перестаньте мне "
    "звонить, перестаньте звонить, удалите мой номер, уберите мой номер, вычеркните меня из списка",
    "sv": "ring mig inte igen, ring mig inte mer, ring aldrig igen, sluta ringa, radera mitt nummer, ta bort mitt "
    "nummer, ta bort mig från listan",
    "tr": "beni bir daha aramayın, bir daha aramayın, beni artık aramayın, beni aramayı bırakın, numaramı silin, "
    "numaramı listeden çıkarın, beni listeden çıkarın",
    "uk": "більше мені не дзвоніть, не дзвоніть мені більше, більше не телефонуйте, перестаньте дзвонити, видаліть "
    "мій номер, викресліть мене зі списку",
}


def is_known(language: str) -> bool:
    """Whether there are entries for this language."""
    return base_language(language) in _WISHES


def asks_not_to_be_called(text: str, language: str) -> bool:
    """Whether a turn holds such a wish; never in a language without entries."""
    said = _bare(text)
    return any(_holds(said, _bare(wish)) for wish in _WISHES.get(base_language(language), "").split(",") if wish)


def _bare(text: str) -> str:
    """Without apostrophes and hyphens, which not every recogniser writes."""
    return normalise(text.replace("-", " ")).replace("'", "")


def _holds(said: str, wish: str) -> bool:
    return wish in said if UNSPACED.search(wish) else f" {wish}" in f" {said}"
