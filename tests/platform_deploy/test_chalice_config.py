from platform_deploy.apps import App, Function
from platform_deploy.chalice_config import with_place, with_stage
from platform_deploy.place import Place

CONFIG = {
    "version": "2.0",
    "own": "kept",
    "stages": {
        "dev": {
            "lambda_memory_size": 256,
            "subnet_ids": ["subnet-dev"],
            "security_group_ids": ["sg-dev"],
            "environment_variables": {"TABLE": "books-dev", "MINE": "kept"},
            "lambda_functions": {
                "work": {"lambda_timeout": 30, "iam_policy_file": "../../.chalice/b-work-dev.json"}
            },
        }
    },
}
PLACE = Place(
    subnets=("subnet-1",),
    security_groups=("sg-1",),
    variables={"TABLE": "books-live"},
    secrets={"KEY": "hush"},
    address_variable="URL",
)


def app(stage: str) -> App:
    functions = (Function(name="work", uses={}), Function(name="api_handler", uses={}))
    return App(application="books", stage=stage, resources={}, functions=functions)


def test_a_stage_that_stands_there_is_left_as_it_is() -> None:
    assert with_stage(CONFIG, app("dev"), "b") == CONFIG


def test_a_new_stage_is_made_after_the_first_with_policies_of_its_own() -> None:
    assert with_stage(CONFIG, app("live"), "b")["stages"]["live"] == {
        "lambda_memory_size": 256,
        "lambda_functions": {
            "work": {"lambda_timeout": 30, "iam_policy_file": "../../.chalice/b-work-live.json"},
            "api_handler": {"iam_policy_file": "../../.chalice/b-api_handler-live.json"},
        },
    }


def test_network_and_variables_are_completed_and_no_secret_is_written() -> None:
    found = with_place(CONFIG, app("dev"), PLACE, "https://x/")
    stage = found["stages"]["dev"]
    assert stage["environment_variables"] == {
        "TABLE": "books-live",
        "MINE": "kept",
        "URL": "https://x/",
    }
    assert (stage["subnet_ids"], stage["security_group_ids"]) == (["subnet-1"], ["sg-1"])
    assert "hush" not in str(found)
    assert found["own"] == "kept"


def test_what_is_not_known_yet_takes_nothing_away() -> None:
    stage = with_place(CONFIG, app("dev"), Place(address_variable="URL"), "")["stages"]["dev"]
    assert stage == CONFIG["stages"]["dev"]  # type: ignore[index]  # a dict of dicts
