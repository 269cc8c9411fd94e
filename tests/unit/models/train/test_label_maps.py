from models.train.label_maps import LABELS, load_label_maps


def test_every_table_translates_to_labels_of_its_head():
    for table in load_label_maps().values():
        if table.head in LABELS:
            for theirs in table.labels:
                assert set(table.translate([theirs]) or {}) == set(LABELS[table.head])


def test_a_label_is_on_off_or_unknown():
    targets = load_label_maps()["goemotions"].translate(["annoyance"])

    assert targets is not None
    assert targets["frustration"] == 1.0
    assert targets["anger"] is None
    assert targets["joy"] == 0.0


def test_what_a_source_does_not_annotate_is_unknown_not_absent():
    targets = load_label_maps()["brighter"].translate(["joy"])

    assert targets is not None
    assert targets["gratitude"] is None


def test_a_label_that_is_on_beats_a_label_that_makes_it_unknown():
    targets = load_label_maps()["goemotions"].translate(["anger", "annoyance"])

    assert targets is not None
    assert targets["anger"] == 1.0
    assert targets["frustration"] == 1.0


def test_a_row_whose_label_teaches_nothing_is_dropped_where_the_table_says_so():
    assert load_label_maps()["banking77"].translate(["edit_personal_details"]) is None


def test_rows_with_both_poles_have_no_polarity():
    table = load_label_maps()["goemotions"]

    assert table.pole(["anger"]) == 0
    assert table.pole(["joy", "neutral"]) == 2
    assert table.pole(["joy", "anger"]) is None
