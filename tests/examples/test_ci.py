"""The sample project for CI services, really run: its gate, its pytest tests, and the steps of the action."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / "examples" / "ci"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    copy = tmp_path / "project"
    shutil.copytree(CI / "sample_project", copy, ignore=shutil.ignore_patterns("build", "__pycache__", ".pytest_cache"))
    return copy


def environment(**more: str) -> dict[str, str]:
    """`rag` on the path, and word hashes in the place of the model, which no answer here needs."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAG_", "PYTEST_"))}
    found = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**kept, "PATH": path, "PYTHONPATH": found, "RAG_EMBEDDER__MODEL": "hashing", **more}


def run(command: list[str], folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120)


def test_the_gate_passes_as_it_is_and_fails_where_documents_are_gone(project: Path) -> None:
    done = run(["bash", "gate.sh"], project, environment())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The gate passes." in done.stdout
    (project / "docs" / "travel.md").unlink()
    (project / "docs" / "security.md").unlink()
    done = run(["bash", "gate.sh"], project, environment())
    assert done.returncode == 1
    assert "the documents differ" in done.stderr
    failed = ET.parse(project / "build" / "gate.xml").findall(".//testcase[failure]")  # noqa: S314  it is our own
    assert {"accuracy at least 0.8", "hotel-norway"} <= {test.attrib["name"] for test in failed}
    assert "Evaluation gate: FAILED" in (project / "build" / "gate.md").read_text()


def test_the_steps_of_the_action_run_and_tell_the_pull_request(project: Path, tmp_path: Path) -> None:
    action: dict[str, Any] = yaml.safe_load((CI / "action" / "action.yml").read_text())
    given = {"documents": "docs", "cases": "cases.jsonl", "baseline": "baseline.json", "install": ""}
    inputs = {name: given.get(name, one.get("default", "")) for name, one in action["inputs"].items()}
    summary = tmp_path / "summary.md"
    for step in action["runs"]["steps"]:
        if step.get("if") == "inputs.install != ''":
            continue
        assert step["shell"] == "bash"
        env = {
            name: inputs[value.removeprefix("${{ inputs.").removesuffix(" }}")] for name, value in step["env"].items()
        }
        done = run(
            ["bash", "-eo", "pipefail", "-c", step["run"]],
            project,
            environment(**env, GITHUB_STEP_SUMMARY=str(summary)),
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "Evaluation gate: passed" in summary.read_text()
    assert (project / inputs["out"] / "gate.xml").is_file()


def test_the_samples_name_commands_and_inputs_that_exist() -> None:
    action = yaml.safe_load((CI / "action" / "action.yml").read_text())
    workflow = yaml.safe_load((CI / "github.yml").read_text())
    (step,) = [step for step in workflow["jobs"]["gate"]["steps"] if "examples/ci/action" in step.get("uses", "")]
    required = {name for name, one in action["inputs"].items() if one.get("required")}
    assert required <= set(step["with"]) <= set(action["inputs"])
    gate = (CI / "sample_project" / "gate.sh").read_text()
    for line in yaml.safe_load((CI / "gitlab.yml").read_text())["answers"]["script"]:
        assert line in gate, "what GitLab runs is what the tested gate runs"


def installed_plugin(folder: Path) -> str:
    """The entry point of pyproject.toml as pip would leave it, in a folder for PYTHONPATH."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    info = folder / "site" / "plumbline_entry.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plumbline-entry\nVersion: 0\n")
    (info / "entry_points.txt").write_text("[pytest11]\n" + "".join(f"{name} = {at}\n" for name, at in points.items()))
    return os.pathsep.join([str(info.parent), environment()["PYTHONPATH"]])


LIE = """
def test_a_lie(rag_index, assert_grounded):
    answer = {
        "sentences": [
            {"text": "Employees may take 16 weeks of parental leave.", "citations": [1]},
            {"text": "It is 27 weeks in Norway.\\x1b[31m", "citations": [1]},
        ],
        "citations": [{"number": 1, "quote": "Employees may take 16 weeks of parental leave at full pay."}],
    }
    assert_grounded(answer)
"""


def test_pytest_finds_the_plug_in_and_shows_what_is_not_borne_out(project: Path, tmp_path: Path) -> None:
    env = environment(PYTHONPATH=installed_plugin(tmp_path))
    passed = run([sys.executable, "-m", "pytest", "-q"], project, env)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "4 passed" in passed.stdout
    (project / "tests" / "test_answers.py").write_text(LIE)
    failed = run([sys.executable, "-m", "pytest", "-q", "--rag-index", "nowhere"], project, env)
    assert failed.returncode == 1
    assert "nowhere" in failed.stdout, "an index that is not there is told with its name"
    assert "Traceback" not in failed.stdout
    (project / "tests" / "test_answers.py").write_text(LIE.replace("rag_index, ", ""))
    failed = run([sys.executable, "-m", "pytest", "-q"], project, env)
    assert "1 of 2 claims are borne out by their sources, all asked for" in failed.stdout
    assert "It is 27 weeks in Norway.\\x1b[31m" in failed.stdout
    assert "nearest evidence: Employees may take 16 weeks of parental leave at full pay." in failed.stdout


def test_importing_the_plug_in_costs_nothing() -> None:
    told = "import json, sys; import evals.pytest_plugin; print(json.dumps(sorted(sys.modules)))"
    done = run([sys.executable, "-c", told], ROOT, environment())
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {"numpy", "pydantic", "rag", "indexers", "retrievers", "faiss", "openvino", "torch", "scipy"}
