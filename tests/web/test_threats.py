"""The threats to a labelling server, row by row, each with the tests that stand against it.

The rows are those of the project's survey of labelling tools, which docs/security.md tells in short.
"""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROWS = {
    "1 any local process or host of the network": (
        "web/test_gate.py::test_a_stranger_is_let_in_nowhere",
        "web/test_server.py::test_another_address_is_refused_without_tls_or_a_proxy",
        "web/test_server.py::test_with_a_certificate_the_page_is_https_and_the_cookie_for_https_alone",
        "web/test_attacks.py::test_behind_a_proxy_only_the_stated_address_is_ours",
        "web/test_gate.py::test_the_first_token_is_long_and_random",
    ),
    "2 the token leaks": (
        "web/test_gate.py::test_the_link_works_once",
        "web/test_gate.py::test_the_token_is_in_no_log",
        "web/test_attacks.py::test_no_secret_is_written_anywhere",
        "web/test_gate.py::test_every_reply_carries_the_headers",
        "labelling/test_team.py::test_an_invitation_serves_once_ends_and_is_not_kept_in_clear",
        "labelling/test_postgres.py::test_a_server_that_is_away_is_one_clear_line_without_the_password",
    ),
    "3 DNS rebinding": (
        "web/test_gate.py::test_another_host_name_is_refused_before_routing",
        "web/test_attacks.py::test_a_broken_request_is_refused_and_the_next_one_served",
    ),
    "4 CSRF, also by GET": (
        "web/test_gate.py::test_writes_from_elsewhere_are_refused_on_every_route",
        "web/test_gate.py::test_what_a_form_can_send_is_refused",
        "web/test_gate.py::test_get_changes_nothing",
        "web/test_browser.py::test_another_site_can_neither_read_nor_write",
    ),
    "5 wildcard CORS": ("web/test_gate.py::test_every_reply_carries_the_headers",),
    "6 a socket from another site": (
        "web/test_attacks.py::test_no_socket_is_upgraded_and_no_stream_stays_open",
    ),
    "7 path traversal": (
        "web/test_gate.py::test_no_path_leaves_the_folder",
        "collection/test_create.py::test_a_linked_folder_that_leads_outside_is_refused",
    ),
    "8 a served file runs as script": (
        "web/test_attacks.py::test_bombs_among_dropped_pictures_are_refused_in_little_memory",
        "web/test_attacks.py::test_nasty_texts_come_back_as_text_or_not_at_all",
        "web/test_loop_routes.py::test_export_is_a_download",
    ),
    "9 XSS from names, labels, cells, notes": (
        "web/test_browser.py::test_hostile_strings_stay_strings",
        "web/test_bad_luck.py::test_hostile_names_and_reasons_of_people_stay_text",
        "web/test_loop_routes.py::test_hostile_ids_come_out_as_json_strings_only",
        "labelling/test_report_page.py::test_it_opens_without_a_server_and_escapes_everything",
    ),
    "10 SSRF": ("web/test_threats.py::test_no_route_fetches_anything",),
    "11 a shared secret": (
        "web/test_gate.py::test_the_first_token_is_long_and_random",
        "web/test_gate.py::test_no_key_is_like_another",
        "web/test_attacks.py::test_a_cookie_that_was_planted_before_the_link_opens_nothing_after_it",
    ),
    "12 filters and SQL": ("web/test_attacks.py::test_nasty_texts_come_back_as_text_or_not_at_all",),
    "13 undo of others' work, floods": (
        "labelling/test_label_log.py::test_nobody_undoes_what_another_answered",
        "web/test_attacks.py::test_a_number_counts_once_whoever_sends_it_again",
        "web/test_attacks.py::test_wrong_tokens_are_slowed_down_and_those_inside_go_on",
        "web/test_attacks.py::test_wrong_invitations_are_slowed_down",
    ),
    "14 pickle": (
        "labelling/test_pictures.py::test_a_pickle_in_its_place_is_not_opened",
        "encoders/test_weights.py::test_a_pickle_is_refused_and_nothing_of_it_runs",
        "collection/readers/test_arrays_elsewhere.py::test_numpy_pickles_and_stumps_are_refused",
    ),
    "15 a shell": ("web/test_threats.py::test_no_route_fetches_anything",),
    "16 debug server, traces": (
        "web/test_gate.py::test_a_failure_inside_shows_no_trace",
        "web/test_gate.py::test_debugging_is_off_whatever_the_environment_says",
        "web/test_gate.py::test_broken_json_is_a_plain_400",
    ),
    "17 bombs and uploads": (
        "web/test_attacks.py::test_bombs_among_dropped_pictures_are_refused_in_little_memory",
        "web/test_attacks.py::test_a_body_beyond_the_limit_is_refused_however_it_comes",
        "web/test_attacks.py::test_drops_of_a_request_hold_nobody_up_and_end",
        "web/test_attacks.py::test_who_connects_and_says_nothing_holds_nobody_up",
        "images/test_decode.py::test_a_bomb_is_refused_from_its_header",
    ),
    "18 formulas in CSV": (
        "collection/test_tables.py::test_formulas_are_disarmed_and_numbers_are_not",
        "labelling/test_exchange.py::test_what_a_spreadsheet_would_run_is_kept_from_it",
    ),
    "19 label loss": (
        "labelling/test_kill.py::test_no_acknowledged_answer_is_lost",
        "labelling/test_kill.py::test_a_database_that_is_killed_under_load_has_every_acknowledged_answer_once",
        "web/test_load.py::test_a_server_that_is_killed_under_load_has_every_acknowledged_answer_once",
        "labelling/test_label_log.py::test_a_full_disk_is_one_clear_line_and_keeps_what_was_acknowledged",
        "labelling/test_label_log.py::test_sqlite_is_set_to_durable",
        "labelling/test_migrations.py::test_the_database_itself_refuses_to_change_what_was_logged",
        "labelling/test_migrations.py::test_every_event_is_there_and_a_copy_was_made_before",
        "web/test_bad_luck.py::test_a_laptop_that_slept_sends_its_answers_once_and_in_order",
    ),
    "20 poisoning, mixed identity": (
        "web/test_attacks.py::test_what_the_log_says_of_an_answer_is_ours_not_the_clients",
        "web/test_attacks.py::test_an_answer_to_a_galaxy_that_was_never_handed_out_says_so",
        "web/test_team_routes.py::test_each_role_reaches_its_routes_and_no_further",
        "labelling/test_team.py::test_a_persons_answers_are_revoked_and_restored_and_nothing_is_deleted",
    ),
    "21 a notebook, a hub that others share": (
        "web/test_notebook.py::test_a_cell_opens_no_port",
        "web/test_notebook.py::test_a_cell_says_nothing_of_the_key_it_has",
        "web/test_notebook.py::test_a_bad_message_is_refused_and_harms_nothing",
        "web/test_notebook.py::test_answers_go_to_the_session_through_the_routes",
    ),
    "what the streams are, from the estimates": (
        "web/test_blind.py::test_estimates_do_not_follow_single_answers",
        "web/test_blind.py::test_how_large_the_streams_are_is_told_to_owners_and_adjudicators_alone",
        "web/test_claims.py::test_twenty_who_look_at_once_are_counted_once_and_nobody_waits",
        "web/test_claims.py::test_counts_of_the_streams_are_for_those_who_may_know_them",
        "web/test_claims.py::test_counting_anew_pauses_for_nine_times_what_it_took",
    ),
    "checks that are forgotten on one route": (
        "web/test_gate.py::test_a_route_that_declares_nothing_is_refused",
        "web/test_team_routes.py::test_every_route_has_the_role_it_should",
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_its_tests(row):
    for name in ROWS[row]:
        file, _, test = name.partition("::")
        body = ast.parse((TESTS / file).read_text()).body
        assert test in {f.name for f in body if isinstance(f, ast.FunctionDef)}, name


def test_no_route_fetches_anything():
    """No address from a request is ever asked, and no program started: the modules know neither way."""
    import tuningfork.web

    forbidden = {
        "urllib.request",
        "http.client",
        "requests",
        "httpx",
        "subprocess",
        "pickle",
        "marshal",
        "ftplib",
    }
    for file in Path(tuningfork.web.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert not forbidden & set(names), file.name
            called = (
                getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            )
            assert called not in ("system", "popen", "eval", "exec", "Popen", "urlopen"), file.name
