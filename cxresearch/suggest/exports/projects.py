"""Exports of project lists and of what teams track as one: epics, features, plans."""

from cxresearch.suggest.exports.declared import Export, of

DONE = "done|closed|completed?|resolved|fixed|delivered|released"
STOPPED = "won'?t (do|fix)|cancell?ed|declined|rejected|removed|abandoned|duplicate|obsolete|cut|deferred"
ENDED = {DONE: "delivered", STOPPED: "cancelled", ".*": None}

JIRA = Export(
    "Jira, issues",
    "https://confluence.atlassian.com/display/ADMINJIRASERVER0907/Data+pipeline+export+schema",
    "projects",
    ("Issue key", "Issue Type", "Created", "Resolved", ("Due date", "Due Date")),
    {
        "project_id": of("Issue key"),
        "project_name": of("Summary"),
        "kind": of("Issue Type"),
        "started_on": of("Custom field (Start date)", "Start date", "Created"),
        "planned_finish_on": of("Due date"),
        "finished_on": of("Resolved"),
        "outcome": of("Resolution", "Status", codes=ENDED),
    },
    rows={"Issue Type": ("initiative|project", "epic", ".*")},
    personal=("Assignee", "Reporter", "Creator"),
    notes=(
        "initiatives are read as the projects, else epics, else all issues: choose what your projects are",
    ),
)

AZURE = Export(
    "Azure DevOps, work items",
    "https://learn.microsoft.com/en-us/azure/devops/boards/queries/query-by-date-or-current-iteration",
    "projects",
    ("ID", "Work Item Type", "State", "Title"),
    {
        "project_id": of("ID"),
        "project_name": of("Title"),
        "kind": of("Work Item Type"),
        "started_on": of("Start Date", "Activated Date", "Created Date"),
        "planned_finish_on": of("Target Date", "Due Date", "Finish Date"),
        "finished_on": of("Closed Date", "Completed Date"),
        "outcome": of("State", codes=ENDED),
    },
    rows={"Work Item Type": ("epic|initiative", "feature", ".*")},
    personal=("Assigned To",),
    notes=("epics are read as the projects, else features, else all items: choose what your projects are",),
)

MS_PROJECT = Export(
    "Microsoft Project, tasks",
    "https://support.microsoft.com/en-us/office/available-fields-reference-615a4563-1cc3-40f4-b66f-1b17e793a460",
    "projects",
    (
        ("Unique ID", "Unique_ID", "ID"),
        ("Name", "Task Name", "Task_Name"),
        ("Outline Level", "Outline_Level"),
        ("Baseline Finish", "Baseline_Finish"),
    ),
    {
        "project_id": of("Unique ID", "ID"),
        "project_name": of("Name", "Task Name"),
        "started_on": of("Actual Start", "Start"),
        "planned_finish_on": of("Baseline Finish", "Baseline_Finish"),
        "finished_on": of("Actual Finish", "Actual_Finish"),
        "baseline_cost": of("Baseline Cost", "Baseline_Cost"),
        "actual_cost": of("Actual Cost", "Actual_Cost"),
        "outcome": of("% Complete", "Percent Complete", value="delivered", among=r"100\s*%?"),
    },
    rows={"Outline Level": ("1",)},
    missing=("NA",),
    notes=("a task of the first level is a project; those below it are its parts and are not read",),
)

SAP = Export(
    "SAP Project System, list of projects",
    "https://www.erpexplorer.com/sap/r3/table/PROJ",
    "projects",
    (
        ("Project definition", "Projektdefinition", "Project def.", "PSPID"),
        ("System status", "Systemstatus", "Status"),
        ("Basic start date", "Basic start", "Start date", "Starttermin", "Eckstart", "PLFAZ"),
    ),
    {
        "project_id": of("Project definition", "Projektdefinition", "Project def.", "PSPID"),
        "project_name": of("Description", "Bezeichnung", "Short description", "POST1"),
        "kind": of("Project type", "Projektart", "Project profile", "Projektprofil"),
        "started_on": of("Actual start", "Iststart", "Basic start date", "Basic start", "Start date", "Starttermin", "Eckstart", "PLFAZ"),
        "planned_finish_on": of("Basic finish date", "Basic finish", "Finish date", "Endtermin", "Eckende", "PLSEZ"),
        "finished_on": of("Actual finish", "Actual finish date", "Istende", "Istendtermin"),
        "baseline_cost": of("Plan costs", "Planned costs", "Project plan", "Plankosten"),
        "actual_cost": of("Actual costs", "Istkosten", "Actual"),
        "outcome": of("System status", "Systemstatus", "Status", codes={
            r".*\b(DLFL|DLT|LÖVM|LKZ)\b.*": "cancelled", r".*\b(TECO|CLSD|TABG|ABGS)\b.*": "delivered", ".*": None,
        }),
        "currency": of("Currency", "Währung", "PWHIE"),
    },
    personal=("Person responsible", "Verantwortlicher", "VERNA"),
    notes=("technically completed and closed projects are delivered, those flagged for deletion cancelled",),
)  # fmt: skip

EXPORTS = (JIRA, AZURE, MS_PROJECT, SAP)
