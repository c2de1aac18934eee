from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from indexers.document import document_id
from retrievers.lexical import LexicalRetriever, open_lexical
from retrievers.lexical.language import language_of, question_language, stems
from retrievers.lexical.question import question_terms
from tests.retrievers.corpus import store_of

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = {
    "english": "The committee shall meet when a member asks for it, and not later than the first day of the month.",
    "german": "Die Mitarbeiter haben einen Anspruch auf Urlaub, der nicht auf das nächste Jahr übertragen werden kann.",
    "french": "Les salariés ont droit à des congés qui ne peuvent pas être reportés sur l'année suivante.",
    "spanish": "Los empleados tienen derecho a las vacaciones, que no se pueden trasladar al año siguiente.",
    "italian": "I dipendenti hanno diritto alle ferie, che non possono essere rinviate all'anno successivo.",
    "portuguese": "Os empregados têm direito às férias, que não podem ser transferidas para o ano seguinte.",
    "dutch": "De werknemers hebben recht op vakantie, die niet naar het volgende jaar kan worden overgedragen.",
    "swedish": "De anställda har rätt till semester som inte kan flyttas till nästa år, och det är bra.",
    "danish": "De ansatte har ret til ferie, som ikke kan overføres hvis resten af den blev betalt efter aftale.",
    "russian": "Работники имеют право на отпуск, который не может быть перенесён.",
    "turkish": "Çalışanlar her yıl için izin hakkına sahiptir ve bu izin bir sonraki yıl için değil.",  # noqa: RUF001
    "romanian": "Angajații au dreptul la concediu, care nu este și nu va fi mutat în anul următor.",
    "greek": "Οι εργαζόμενοι έχουν δικαίωμα άδειας που δεν μεταφέρεται.",  # noqa: RUF001
    "arabic": "للموظفين الحق في إجازة لا يمكن نقلها إلى السنة التالية",
}


@pytest.mark.parametrize("language", TEXTS)
def test_the_language_of_a_document(language: str) -> None:
    assert language_of(TEXTS[language]) == language


@pytest.mark.parametrize("text", ["", "1,577 | 2,004", "VPN-204", "東京都"])
def test_where_nothing_tells_it_is_english(text: str) -> None:
    assert language_of(text) == "english"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        pytest.param("Wann ist der Urlaub?", "german", id="german"),
        pytest.param("When is the vacation?", "english", id="english"),
        pytest.param("VPN-204", "english", id="nothing-tells-so-the-most-frequent"),
    ],
)
def test_the_language_of_a_question_among_those_of_the_index(question: str, language: str) -> None:
    assert question_language(question, ("english", "german")) == language


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        pytest.param("Häuser", "german", ["haus"], id="umlaut"),
        pytest.param("poblaciones POBLACIÓN", "spanish", ["poblacion", "poblacion"], id="accents"),
        pytest.param("東京大学", "english", ["東京", "京大", "大学"], id="han-in-pairs"),
        pytest.param("水", "english", ["水"], id="one-letter"),
        pytest.param("ภาษาไทย", "english", ["ภา", "าษ", "ษา", "าไ", "ไท", "ทย"], id="thai-in-pairs"),
        pytest.param("see 東京 leaves", "english", ["see", "leav", "東京"], id="mixed"),
    ],
)
def test_stems(text: str, language: str, found: list[str]) -> None:
    assert stems(text, language) == found


def test_a_repeated_word_weighs_the_root_of_its_count() -> None:
    terms = dict(question_terms("leave, leaves and more leave of 10-K", ("english",)))
    assert terms["leav"] == pytest.approx(3**0.5)
    assert terms["#10k"] == 1.0
    assert "and" not in terms


MIXED = {
    "en.md": "The employees may take the vacation of which they are entitled to in the year.",
    "de.md": "Die Häuser der Stadt sind alt, und die Angestellten haben nicht den Urlaub, den sie wollen.",
    "es.md": "Las poblaciones de los países que no tienen costa son las que se ven en el mapa.",
    "ja.md": "東京大学は日本の大学である。",
}


@pytest.mark.parametrize(
    ("question", "first"),
    [
        pytest.param("Haus", "de.md", id="german-singular"),
        pytest.param("poblacion", "es.md", id="spanish-singular-without-its-accent"),
        pytest.param("vacations", "en.md", id="english-plural"),
        pytest.param("日本の大学", "ja.md", id="japanese"),
        pytest.param("Wer hat Urlaub?", "de.md", id="german-question"),
    ],
)
def test_documents_of_several_languages_are_found_in_their_own(tmp_path: Path, question: str, first: str) -> None:
    with store_of(tmp_path / "index", MIXED) as store:
        lexical = open_lexical(store)
        assert set(lexical.languages) == {"english", "german", "spanish"}
        hits = LexicalRetriever(store.snapshot(), lexical).retrieve(question, limit=3)
        assert hits[0].chunk.document_id == document_id(first)
