"""What is wanted fits AWS, as far as that can be known before."""

from platform_deploy import flow
from platform_deploy.desired import too_long_names
from platform_deploy.resources import BY_KIND

from .conftest import API, project_of
from .fakes import HOUSE, of_type, types, wanted


def test_a_name_that_aws_would_refuse_is_said() -> None:
    known = types(of_type(HOUSE, longest=4))
    listed = (wanted(name="four"), wanted(name="fifth"), wanted("Door", name="as long as it likes"))
    assert list(too_long_names(listed, known)) == [
        "House fifth has 5 characters, AWS takes 4; shorten the name of the application, the "
        "environment or the workload"
    ]


def test_the_longest_names_that_a_manifest_may_have_fit() -> None:
    long = "a" * 40
    project = project_of(API.replace("name: api", f"name: {long}"), environment=long)
    assert list(too_long_names(flow.scope_of(project).desired, BY_KIND)) == []
