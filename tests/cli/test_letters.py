"""`letters show`: a page to look at."""

from typer.testing import CliRunner

from compensation_service.cli.letters import app


def test_show_writes_the_page(tmp_path):
    out = tmp_path / "letters.html"

    done = CliRunner().invoke(app, ["show", "--out", str(out), "--variant", "3"])

    assert done.exit_code == 0
    assert out.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_variant_that_is_not_there_is_wrong_usage():
    assert CliRunner().invoke(app, ["show", "--variant", "64"]).exit_code == 2
