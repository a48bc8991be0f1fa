"""Decide by which names, listeners, certificates and records the rules of a project are reached.

Pure. Where a name needs the application's domain and no file says it, `${Domain}` stands for it;
such a project can be shown, not deployed.
"""

from .fields import Fields
from .model import Http, Project, Workload
from .routing import INTERNAL, PUBLIC, Alias, Imported

HTTP, HTTPS = "HTTP", "HTTPS"
DOMAIN = "${Domain}"
MOST_VALUES = 5  # that a rule may compare, https://docs.aws.amazon.com/elasticloadbalancing/
LONGEST_NAME = 64  # of a certificate's first name
OF_MANIFEST = {PUBLIC: "http.public.certificates", INTERNAL: "http.private.certificates"}


def is_own(balancer: str) -> bool:
    """Tell whether a load balancer is the environment's own."""
    return balancer in (PUBLIC, INTERNAL)


def is_secure(project: Project, workload: Workload, rule: Http) -> bool:
    """Tell whether a rule of one of the environment's own load balancers has HTTPS."""
    if project.shared.entrance(workload.balancer).certificates or rule.aliases:
        return True
    others = project.behind(PUBLIC)
    is_public = workload.balancer == PUBLIC
    return is_public and (bool(project.settings.domain) or any(map(_aliases, others)))


def _aliases(workload: Workload) -> tuple[Alias, ...]:
    return tuple(alias for rule in workload.rules for alias in rule.aliases)


def has_https(project: Project, balancer: str) -> bool:
    """Tell whether one of the environment's own load balancers listens for HTTPS."""
    return any(is_secure(project, it, rule) for it in project.behind(balancer) for rule in it.rules)


def imported(project: Project, balancer: str) -> Imported:
    """Return what is known of a load balancer that is not the environment's own."""
    return project.imported.get(balancer, Imported())


def listeners(project: Project, workload: Workload, rule: Http) -> dict[str, bool]:
    """Return the protocols by which a rule is reached, and whether one only leads to HTTPS."""
    protocols: tuple[str, ...] = (HTTP,)
    if not is_own(workload.balancer):
        protocols = imported(project, workload.balancer).protocols
    elif is_secure(project, workload, rule):
        protocols = (HTTP, HTTPS)
    leads = HTTPS in protocols and rule.redirect is not False
    return {it: leads and it == HTTP for it in protocols}


def zone_name(project: Project) -> str:
    """Return the private zone in which the internal load balancer's services have their names."""
    return f"{project.environment}.{project.application}.internal"


def _domain(project: Project) -> str:
    """Return the part of the domain in which the environment's names are."""
    return f"{project.environment}.{project.application}.{project.settings.domain or DOMAIN}"


def hosts(project: Project, workload: Workload, rule: Http) -> tuple[str, ...]:
    """Return the host names of a rule; none where it takes every host."""
    if rule.aliases or not is_own(workload.balancer):
        return tuple(it.name for it in rule.aliases)
    if workload.balancer == INTERNAL and not is_secure(project, workload, rule):
        return (f"{workload.name}.{zone_name(project)}",)
    if is_secure(project, workload, rule) and not _is_given(project, workload):
        return (f"{workload.name}.{_domain(project)}",)
    return ()


def _is_given(project: Project, workload: Workload) -> bool:
    return bool(project.shared.entrance(workload.balancer).certificates)


def shared_names(project: Project) -> tuple[str, ...]:
    """Return the names of the environment's certificate; none where it needs none."""
    own = (it for it in project.balancers if not project.shared.entrance(it).certificates)
    name = _domain(project)
    return (name, f"*.{name}") if any(has_https(project, it) for it in own) else ()


def certified(project: Project, workload: Workload) -> tuple[str, ...]:
    """Return the aliases for which a workload needs a certificate of its own, sorted by name."""
    names = {it.name for it in _aliases(workload)}
    if not names or not is_own(workload.balancer) or _is_given(project, workload):
        return ()
    shared = shared_names(project)
    covered = {it for it in names if it in shared or f"*.{it.partition('.')[2]}" in shared}
    return tuple(sorted(names - covered))


def recorded(project: Project, workload: Workload) -> tuple[Alias, ...]:
    """Return the names that are to lead to the load balancer from a public zone."""
    found: dict[str, Alias] = {}
    for rule in workload.rules:
        for alias in rule.aliases:
            ours = is_own(workload.balancer) and not _is_given(project, workload)
            if ours or alias.hosted_zone:
                found.setdefault(alias.name, alias)
        if not rule.aliases and workload.balancer == PUBLIC:
            found |= {it: Alias(name=it) for it in hosts(project, workload, rule)}
    return tuple(found.values())


def taken(project: Project, workload: Workload) -> list[tuple[str, ...]]:
    """Return of each rule what no other may have: balancer, path, host, sources."""
    return [
        (workload.balancer, rule.path, host, " ".join(sorted(rule.source_ips)))
        for rule in workload.rules
        for host in hosts(project, workload, rule) or ("",)
    ]


def check(fields: Fields, project: Project, workload: Workload, *, needs_domain: bool) -> None:
    """Note what is wrong with a workload's rules in this environment.

    That a domain is missing is an error only where it `needs_domain`.
    """
    names = certified(project, workload)
    if names and len(min(names, key=len)) > LONGEST_NAME:
        fields.wrong("http.alias", f"one of the names must have at most {LONGEST_NAME} characters")
    for rule in workload.rules:
        if is_own(workload.balancer):
            _check_names(fields, project, workload, rule, needs_domain=needs_domain)
        compared = len(hosts(project, workload, rule)) + len(rule.source_ips)
        compared += 1 if rule.path == "/" else 2
        compared += workload.balancer == INTERNAL and not rule.aliases
        if compared > MOST_VALUES:
            text = f"the path {rule.path} with its hosts and sources are {compared} values"
            text += f"; a rule compares at most {MOST_VALUES}: use http.additional_rules"
            fields.complain(fields.line("http"), text)


def _check_names(
    fields: Fields, project: Project, workload: Workload, rule: Http, *, needs_domain: bool
) -> None:
    where, domain = OF_MANIFEST[workload.balancer], project.settings.domain
    if _is_given(project, workload):
        if not rule.aliases:
            text = f"http.alias is missing; the environment has {where}"
            fields.complain(fields.line("http"), text)
    elif domain is None and (rule.aliases or rule.redirect is not None):
        field = "alias" if rule.aliases else "redirect_to_https"
        text = "no domain is known; write `domain: NAME` into copilot/trivet.yml, "
        text += f"or {where} into the environment's manifest"
        fields.wrong(f"http.{field}", text, is_error=needs_domain)
    for alias in rule.aliases if domain and not _is_given(project, workload) else ():
        if not f".{alias.name}".endswith(f".{domain}") and not alias.hosted_zone:
            fields.wrong("http.alias", f"{alias.name} is not in {domain}; give its hosted_zone")
