//! Small companies at random, and the export files that tell of them.
//!
//! A company is consistent in itself: two files that speak of one thing agree. `edits` then take members away, empty
//! them, or give them a wrong type or another value, as callers without rights and careless hands do.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use cutover_analysis::audit::Options;
use cutover_export as export;
use cutover_export::collect::{Content, Folder, Input};
use cutover_inventory::Inventory;
use cutover_policy as policy;
use cutover_policy::fact_builder::{Setting, build_facts};
use cutover_policy::facts::Facts;
use cutover_policy::pack::Pack;
use cutover_policy::timeline::Timeline;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};

/// A file of an export before it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Doc {
    /// Its name in the export folder, without the ending.
    pub stem: String,
    /// What it holds.
    pub body: Body,
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    /// A JSON array of records.
    List(Vec<Value>),
    /// One JSON record.
    One(Value),
    /// A table: rows of columns by name.
    Table(Vec<&'static str>, Vec<Vec<String>>),
    /// A TOML file.
    Toml(Value),
}

/// The files of one company.
pub(crate) type Docs = Vec<Doc>;

impl Doc {
    fn new(stem: impl Into<String>, body: Body) -> Self {
        Self { stem: stem.into(), body }
    }

    /// Its name with the usual ending.
    pub(crate) fn name(&self) -> String {
        let ending = match self.body {
            Body::List(_) | Body::One(_) => "json",
            Body::Table(..) => "csv",
            Body::Toml(_) => "toml",
        };
        format!("{}.{ending}", self.stem)
    }

    /// Its text, in the plainest form.
    pub(crate) fn text(&self) -> String {
        match &self.body {
            Body::List(records) => serde_json::to_string_pretty(records).unwrap(),
            Body::One(record) => serde_json::to_string_pretty(record).unwrap(),
            Body::Table(columns, rows) => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                writer.write_record(columns).unwrap();
                rows.iter().for_each(|row| writer.write_record(row).unwrap());
                String::from_utf8(writer.into_inner().unwrap()).unwrap()
            }
            Body::Toml(value) => toml::to_string(value).unwrap(),
        }
    }
}

/// A file in memory.
pub(crate) fn input(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Input {
    let name = name.into();
    Input { path: format!("export/{name}"), name, content: Content::Bytes(bytes.into()) }
}

/// A folder of files in memory.
pub(crate) fn folder(inputs: Vec<Input>) -> Folder {
    Folder { inputs, faults: Vec::new() }
}

/// The files of a company as they are usually written.
pub(crate) fn plain(docs: &[Doc]) -> Folder {
    folder(docs.iter().map(|doc| input(doc.name(), doc.text())).collect())
}

/// The day and dates of the tests.
pub(crate) fn options() -> Options {
    Options {
        as_of: NaiveDate::from_ymd_opt(2024, 10, 15).unwrap(),
        timeline: Timeline::built_in("2024-01-29").unwrap(),
        waivers: Vec::new(),
        by_reference: false,
    }
}

/// What an export says, as facts.
pub(crate) fn facts(pack: &Pack, folder: Folder) -> Facts {
    let inventory = Inventory::build(&export::read(vec![folder], &()), &pack.tools, &mut Vec::new());
    let options = options();
    let named_tools = pack.named_tools();
    let setting = Setting { today: options.as_of, timeline: &options.timeline, tools: &pack.tools, named_tools };
    build_facts(&inventory, &setting, &|environment| policy::wanted(&pack.controls, environment))
}

/// The settings of a property: the same cases on every machine unless `PROPTEST_RNG_SEED` says otherwise.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let set = |name: &str| std::env::var_os(name).is_some();
    let mut config = ProptestConfig { failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() };
    if !set("PROPTEST_CASES") {
        config.cases = cases;
    }
    if !set("PROPTEST_RNG_SEED") {
        config.rng_seed = proptest::test_runner::RngSeed::Fixed(20_241_015);
    }
    config
}

const PROJECTS: [(u64, &str); 4] = [(11, "Mill Street"), (12, "Pier Seven"), (13, "Demo"), (14, "Old Yard")];
const APPS: [(&str, &str); 4] = [
    ("rfi-pulls", "RFI Pulls"),
    ("safety-sync", "Safety Sync"),
    ("erp-bridge", "ERP Bridge"),
    ("lost-app", "Lost App"),
];
/// Installed apps are the first three; the user of the fourth belongs to none.
const INSTALLABLE: usize = 3;
const TEMPLATES: u64 = 50;
const COMPANY_TEMPLATES: u64 = 60;
const UNLISTED: u64 = 77;
const COMPANY_TOOLS: [&str; 7] =
    ["directory", "admin", "permissions", "app_management", "documents", "home", "hyperloop"];
const PROJECT_TOOLS: [&str; 5] = ["directory", "budget", "commitments", "photos", "hyperloop"];
const DAYS: [&str; 4] =
    ["2019-03-01T08:00:00Z", "2021-06-01T23:59:59Z", "2023-07-09T00:00:00Z", "2024-10-02T12:30:00Z"];

#[derive(Debug, Clone)]
enum Sort {
    Managed(usize),
    Legacy { on_page: Option<Account> },
    Person,
}

#[derive(Debug, Clone)]
struct Account {
    app_type: &'static str,
    marketplace_app: &'static str,
    texts: [bool; 4],
    last_used: &'static str,
}

#[derive(Debug, Clone)]
struct User {
    kind: Sort,
    first_name: bool,
    odd_email: bool,
    active: bool,
    marks: [bool; 4],
    adds: bool,
    creates: bool,
    created: &'static str,
    project_template: Option<u64>,
    company_template: Option<u64>,
    projects: BTreeMap<usize, Option<u64>>,
    shown: bool,
    inactive_list: bool,
    observed: bool,
    assignments: bool,
}

#[derive(Debug, Clone)]
struct Template {
    project_specific: bool,
    levels: Option<BTreeMap<&'static str, Value>>,
    granular: Option<BTreeMap<&'static str, u8>>,
}

#[derive(Debug, Clone)]
struct Manifest {
    schema: &'static str,
    company: BTreeMap<&'static str, Value>,
    project: BTreeMap<&'static str, Value>,
    grants: Vec<&'static str>,
    embedded: bool,
    notes: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct App {
    status: Option<&'static str>,
    listing: Option<(bool, &'static str)>,
    update: bool,
    installer: Index,
    since: &'static str,
    manifest: Manifest,
    shown: bool,
    file: bool,
}

#[derive(Debug, Clone)]
struct Decisions {
    exceptions: Vec<(Index, &'static str, bool)>,
    reasons: Vec<(usize, &'static str)>,
    approved: BTreeMap<usize, Vec<usize>>,
    new_projects: Vec<usize>,
    reviewed: Vec<(usize, &'static str)>,
    offers: Vec<usize>,
    installs: Option<bool>,
    template_projects: Option<Vec<u64>>,
}

/// Which files are there at all, by kind.
type Present = [bool; 12];

#[derive(Debug, Clone)]
struct World {
    users: Vec<User>,
    templates: Vec<Template>,
    company_templates: Vec<Template>,
    apps: Vec<App>,
    hooks: Vec<(Index, bool)>,
    decisions: Decisions,
    projects: [[bool; 2]; 4],
    present: Present,
    accounts_as_json: bool,
    account_without_user: Option<Account>,
}

/// A company whose files agree with each other.
pub(crate) fn company() -> impl Strategy<Value = Docs> {
    world().prop_map(|world| world.docs())
}

/// A company of which some members are missing, empty, or of the wrong type.
pub(crate) fn untidy_company() -> impl Strategy<Value = Docs> {
    edited(&[Edit::Drop, Edit::Drop, Edit::Empty, Edit::Wrong])
}

/// A company whose files contradict each other besides.
pub(crate) fn contradicted_company() -> impl Strategy<Value = Docs> {
    edited(&[Edit::Drop, Edit::Empty, Edit::Wrong, Edit::Other, Edit::Other, Edit::Other])
}

fn edited(edits: &'static [Edit]) -> impl Strategy<Value = Docs> {
    (company(), vec((any::<Index>(), select(edits)), 0..24)).prop_map(|(mut docs, edits)| {
        edits.iter().for_each(|(at, edit)| edit.apply(&mut docs, *at));
        docs
    })
}

fn level() -> impl Strategy<Value = Value> {
    let word = |text: &'static str| Just(json!(text));
    prop_oneof![
        2 => word("None"),
        2 => word("read_only"),
        2 => word("Standard"),
        3 => word("Admin"),
        1 => (1..=4_u8).prop_map(|id| json!(id)),
        1 => Just(json!({"id": 2, "name": "Read Only"})),
        1 => Just(Value::Null),
        1 => word("superuser"),
    ]
}

fn levels(tools: &'static [&'static str]) -> impl Strategy<Value = BTreeMap<&'static str, Value>> {
    btree_map(select(tools), level(), 0..4)
}

fn account() -> impl Strategy<Value = Account> {
    let last_used = select(&["", "Never", "2024-10-01", "2023-05-01"][..]);
    let kind = select(
        &[("", ""), ("Marketplace", ""), ("Marketplace", "RFI Pulls"), ("Marketplace", "Gone"), ("Custom", "")][..],
    );
    (kind, any::<[bool; 4]>(), last_used).prop_map(|((app_type, marketplace_app), texts, last_used)| Account {
        app_type,
        marketplace_app,
        texts,
        last_used,
    })
}

fn user() -> impl Strategy<Value = User> {
    let kind = prop_oneof![
        4 => (0..APPS.len()).prop_map(Sort::Managed),
        3 => option::weighted(0.7, account()).prop_map(|on_page| Sort::Legacy { on_page }),
        2 => Just(Sort::Person),
    ];
    let rarely = || prop::bool::weighted(0.15);
    let often = || prop::bool::weighted(0.8);
    let template = || option::weighted(0.8, prop_oneof![9 => TEMPLATES..TEMPLATES + 3, 1 => Just(UNLISTED)]);
    let company_template = option::weighted(0.8, COMPANY_TEMPLATES..COMPANY_TEMPLATES + 2);
    let projects = btree_map(0..PROJECTS.len(), option::weighted(0.8, TEMPLATES..TEMPLATES + 3), 0..3);
    (
        (
            kind,
            rarely(),
            rarely(),
            often(),
            [rarely(), rarely(), rarely(), rarely()],
            rarely(),
            rarely(),
            select(&DAYS[..]),
        ),
        (template(), company_template, projects, any::<bool>(), rarely(), rarely(), any::<bool>()),
    )
        .prop_map(|((kind, first_name, odd_email, active, marks, adds, creates, created), rest)| {
            let (project_template, company_template, projects, shown, inactive_list, observed, assignments) = rest;
            User {
                kind,
                first_name,
                odd_email,
                active,
                marks,
                adds,
                creates,
                created,
                project_template,
                company_template,
                projects,
                shown,
                inactive_list: inactive_list && !active,
                observed,
                assignments,
            }
        })
}

fn template(tools: &'static [&'static str]) -> impl Strategy<Value = Template> {
    let granular = option::weighted(0.3, btree_map(select(tools), 0..3_u8, 0..3));
    (any::<bool>(), option::weighted(0.85, levels(tools)), granular).prop_map(|(project_specific, levels, granular)| {
        // Granular permissions stand beside a level.
        let granular = granular.zip(levels.as_ref()).map(|(mut granular, levels)| {
            granular.retain(|tool, _| levels.contains_key(tool));
            granular
        });
        Template { project_specific, levels, granular }
    })
}

fn manifest() -> impl Strategy<Value = Manifest> {
    let grants = vec(select(&["client_credentials", "authorization_code", "implicit"][..]), 0..3);
    let notes = option::of(select(
        &["", "Permit the projects.", "https://support.procore.com/integrations/app-setup-instructions"][..],
    ));
    (select(&["3", "3.2", "4.1"][..]), levels(&COMPANY_TOOLS), levels(&PROJECT_TOOLS), grants, any::<bool>(), notes)
        .prop_map(|(schema, company, project, grants, embedded, notes)| Manifest {
            schema,
            company,
            project,
            grants,
            embedded,
            notes,
        })
}

fn app() -> impl Strategy<Value = App> {
    let status = option::weighted(0.9, prop_oneof![4 => Just("installed"), 1 => Just("uninstalled")]);
    let listing = option::of((any::<bool>(), select(&["approved", "pending"][..])));
    (
        status,
        listing,
        any::<bool>(),
        any::<Index>(),
        select(&DAYS[..]),
        manifest(),
        prop::bool::weighted(0.7),
        any::<bool>(),
    )
        .prop_map(|(status, listing, update, installer, since, manifest, shown, file)| App {
            status,
            listing,
            update,
            installer,
            since,
            manifest,
            shown,
            file,
        })
}

fn decisions() -> impl Strategy<Value = Decisions> {
    let user = || 0..6_usize;
    let tool = || select(&["company/directory", "company/admin", "company/permissions", "project/budget"][..]);
    (
        vec((any::<Index>(), tool(), any::<bool>()), 0..3),
        vec((0..INSTALLABLE, tool()), 0..2),
        btree_map(user(), vec(0..PROJECTS.len(), 0..3), 0..2),
        vec(user(), 0..2),
        vec((user(), select(&["2020-01-01", "2024-03-02"][..])), 0..2),
        vec(0..INSTALLABLE, 0..2),
        option::of(any::<bool>()),
        option::of(vec(select(&[11_u64, 14][..]), 0..2)),
    )
        .prop_map(
            |(exceptions, reasons, approved, new_projects, reviewed, offers, installs, template_projects)| Decisions {
                exceptions,
                reasons,
                approved,
                new_projects,
                reviewed,
                offers,
                installs,
                template_projects,
            },
        )
}

fn world() -> impl Strategy<Value = World> {
    let there = || prop::bool::weighted(0.9);
    let present = vec(there(), 12).prop_map(|present| present.try_into().unwrap());
    (
        (
            vec(user(), 1..6),
            vec(template(&PROJECT_TOOLS), 3),
            vec(template(&COMPANY_TOOLS), 2),
            vec(app(), INSTALLABLE),
        ),
        (
            vec((any::<Index>(), any::<bool>()), 0..3),
            decisions(),
            any::<[[bool; 2]; 4]>(),
            present,
            any::<bool>(),
            option::of(account()),
        ),
    )
        .prop_map(|((users, templates, company_templates, apps), rest)| {
            let (hooks, decisions, projects, present, accounts_as_json, account_without_user) = rest;
            World {
                users,
                templates,
                company_templates,
                apps,
                hooks,
                decisions,
                projects,
                present,
                accounts_as_json,
                account_without_user,
            }
        })
}

impl World {
    fn docs(&self) -> Docs {
        let [
            companies,
            projects,
            users,
            inactive,
            project_users,
            table,
            templates,
            list,
            manifests,
            hooks,
            accounts,
            decided,
        ] = self.present;
        let mut docs = Docs::new();
        let mut add = |there: bool, stem: &str, body: Body| {
            if there {
                docs.push(Doc::new(stem, body));
            }
        };
        add(
            companies,
            "companies",
            Body::List(vec![json!({"id": 9001, "name": "Harbor Test", "is_active": true, "my_company": false})]),
        );
        add(projects, "projects", Body::List((0..PROJECTS.len()).map(|index| self.project(index)).collect()));
        let all = || self.users.iter().enumerate();
        let listed = all().filter(|(_, user)| !user.inactive_list).map(|(index, user)| self.listed(index, user));
        add(users, "users", Body::List(listed.collect()));
        let left = all().filter(|(_, user)| user.inactive_list).map(|(index, user)| self.listed(index, user));
        add(inactive, "users_inactive", Body::List(left.collect()));
        for (index, user) in all().filter(|(_, user)| user.shown) {
            add(users, &format!("users/{}", id(index)), Body::One(shown(index, user)));
        }
        for (at, (project, _)) in PROJECTS.iter().enumerate() {
            let members = all().filter_map(|(index, user)| Some(self.member(index, user, *user.projects.get(&at)?)));
            add(project_users, &format!("project_users/{project}"), Body::List(members.collect()));
        }
        for (index, user) in all().filter(|(_, user)| user.assignments) {
            add(true, &format!("project_assignments/{}", id(index)), Body::List(assignments(user)));
        }
        add(table, "template_assignments", self.template_assignments());
        let project_templates =
            (TEMPLATES..).zip(&self.templates).map(|(id, template)| template.shown(id, project_type(template)));
        let company_templates = (COMPANY_TEMPLATES..)
            .zip(&self.company_templates)
            .map(|(id, template)| template.shown(id, "company_tools"));
        add(templates, "permission_templates", Body::List(project_templates.chain(company_templates).collect()));
        for (index, user) in all().filter(|(_, user)| user.observed && !self.administers(user)) {
            self.observe(index, user, &mut add);
        }
        let installed = || self.apps.iter().enumerate().filter(|(_, app)| app.status.is_some());
        add(
            list,
            "app_installations",
            Body::List(installed().map(|(index, app)| self.installation(index, app)).collect()),
        );
        for (index, app) in installed().filter(|(_, app)| app.shown) {
            let mut record = self.installation(index, app);
            record["manifest"] = app.manifest.json(index);
            add(list, &format!("app_installations/{}", 700 + index), Body::One(record));
        }
        for (index, app) in self.apps.iter().enumerate().filter(|(_, app)| app.file) {
            add(manifests, &format!("manifests/{}@1.{index}.0", APPS[index].0), Body::One(app.manifest.json(index)));
        }
        add(hooks, "webhooks", Body::List(self.hooks()));
        add(accounts, "service_accounts", self.accounts());
        let (settings, reviews) = self.decisions.toml(&self.users);
        add(decided, "settings", Body::Toml(settings));
        add(decided, "reviews", Body::Toml(reviews));
        docs
    }

    fn project(&self, index: usize) -> Value {
        let (id, name) = PROJECTS[index];
        let [active, demo] = self.projects[index];
        let company = json!({"id": 9001, "name": "Harbor Test"});
        json!({"id": id, "name": name, "display_name": name, "active": active, "is_demo": demo, "company": company})
    }

    fn listed(&self, index: usize, user: &User) -> Value {
        let mut record = base(index, user);
        record["permission_template"] = self.reference(user.project_template);
        record["company_permission_template"] = self.reference(user.company_template);
        record
    }

    fn member(&self, index: usize, user: &User, template: Option<u64>) -> Value {
        let mut record = base(index, user);
        record["permission_template"] = self.reference(template);
        record
    }

    fn reference(&self, id: Option<u64>) -> Value {
        let Some(id) = id else { return Value::Null };
        let template = self.templates.get(offset(id, TEMPLATES));
        let kind = if id >= COMPANY_TEMPLATES && id != UNLISTED {
            "company_tools"
        } else {
            template.map_or("global", project_type)
        };
        json!({"id": id, "name": template_name(id), "project_specific": kind == "project_specific", "type": kind})
    }

    fn template_assignments(&self) -> Body {
        let columns =
            vec!["Company", "Project Name", "Project ID", "Template", "Email", "Has Project Creation Override"];
        let mut rows = Vec::new();
        for (index, user) in self.users.iter().enumerate() {
            for (at, template) in &user.projects {
                let (project, name) = PROJECTS[*at];
                let template = template.map(template_name).unwrap_or_default();
                let creates = if user.creates { "true" } else { "false" };
                rows.push(
                    ["Harbor Test", name, &project.to_string(), &template, &email(index, user), creates]
                        .map(str::to_owned)
                        .to_vec(),
                );
            }
        }
        Body::Table(columns, rows)
    }

    /// What `settings/permissions` answers is what the templates give; for administrators it would be more.
    fn observe(&self, index: usize, user: &User, add: &mut impl FnMut(bool, &str, Body)) {
        let mut answer = |stem: String, template: Option<&Template>| {
            let Some(levels) = template.and_then(|template| Some((template, template.levels.as_ref()?))) else {
                return;
            };
            add(true, &stem, Body::One(json!({"tools": levels.0.permitted(levels.1)})));
        };
        let company = user.company_template.and_then(|id| self.company_templates.get(offset(id, COMPANY_TEMPLATES)));
        answer(format!("permissions/company/{}", id(index)), company);
        for (at, template) in &user.projects {
            let template = template.and_then(|id| self.templates.get(offset(id, TEMPLATES)));
            answer(format!("permissions/projects/{}/{}", PROJECTS[*at].0, id(index)), template);
        }
    }

    fn administers(&self, user: &User) -> bool {
        let template = user.company_template.and_then(|id| self.company_templates.get(offset(id, COMPANY_TEMPLATES)));
        let level = template.and_then(|template| template.levels.as_ref()?.get("directory"));
        level.is_some_and(|level| level == "Admin" || level == 4)
    }

    fn installation(&self, index: usize, app: &App) -> Value {
        let (slug, name) = APPS[index];
        let by = app.installer.index(self.users.len());
        let installer = &self.users[by];
        let listing =
            app.listing.map(|(live, approval)| json!({"public_name": name, "live": live, "approval_state": approval}));
        json!({
            "id": 700 + index,
            "app_uid": format!("uid-{slug}"),
            "status": app.status,
            "installed_at": app.since,
            "installer": {"id": id(by), "login": email(by, installer), "is_active": installer.active},
            "semantic_version": format!("1.{index}.0"),
            "updatable_app_version_id": app.update.then_some("f12d3628"),
            "developer_app": {"id": 800 + index, "uid": format!("uid-{slug}"), "name": name, "marketplace_app": listing},
        })
    }

    fn hooks(&self) -> Vec<Value> {
        let hook = |(number, (owner, active)): (usize, &(Index, bool))| {
            let owner = id(owner.index(self.users.len() + 1));
            let status = if *active { "active" } else { "disabled" };
            json!({"id": 500 + number, "status": status, "namespace": format!("hook {number}"), "owned_by_user_id": owner})
        };
        self.hooks.iter().enumerate().map(hook).collect()
    }

    fn accounts(&self) -> Body {
        let of_users = self.users.iter().enumerate().filter_map(|(index, user)| match &user.kind {
            Sort::Legacy { on_page: Some(account) } => Some((format!("Account {index}"), account)),
            _ => None,
        });
        let alone = self.account_without_user.iter().map(|account| ("Account Alone".to_owned(), account));
        let columns = [
            "Name",
            "App Name",
            "App Type",
            "Marketplace App",
            "Description",
            "Developer Name",
            "Developer Email",
            "Owner",
            "Last Used",
        ];
        let rows: Vec<Vec<String>> = of_users.chain(alone).map(|(name, account)| account.row(name)).collect();
        if !self.accounts_as_json {
            return Body::Table(columns.to_vec(), rows);
        }
        let record = |row: Vec<String>| {
            let members =
                columns.iter().zip(row).map(|(column, cell)| (column.to_lowercase().replace(' ', "_"), json!(cell)));
            Value::Object(members.collect())
        };
        Body::List(rows.into_iter().map(record).collect())
    }
}

impl Account {
    fn row(&self, name: String) -> Vec<String> {
        let given = |index: usize, text: &str| if self.texts[index] { text.to_owned() } else { String::new() };
        // A blank App Name is how the page shows that no type was chosen.
        let app_name = match (self.app_type, self.marketplace_app) {
            ("", _) => "",
            (_, "") => "Own App",
            (_, selected) => selected,
        };
        vec![
            name,
            app_name.to_owned(),
            self.app_type.to_owned(),
            self.marketplace_app.to_owned(),
            given(0, "Copies documents"),
            given(1, "Harbor IT"),
            given(2, "it@harbor.test"),
            given(3, "Ann Doe"),
            self.last_used.to_owned(),
        ]
    }
}

impl Template {
    fn shown(&self, id: u64, kind: &str) -> Value {
        let mut record =
            json!({"id": id, "name": template_name(id), "project_specific": kind == "project_specific", "type": kind});
        if let Some(levels) = &self.levels {
            record["user_access_levels"] = json!(levels);
        }
        if let Some(granular) = &self.granular {
            let actions = |count: u8| (0..count).map(|number| json!(format!("action {number}"))).collect();
            let tools = granular.iter().map(|(tool, count)| ((*tool).to_owned(), Value::Array(actions(*count))));
            record["permissions"] = Value::Object(tools.collect());
        }
        record
    }

    fn permitted(&self, levels: &BTreeMap<&'static str, Value>) -> Vec<Value> {
        let actions = |tool: &str| {
            let count = self.granular.as_ref().map(|granular| granular.get(tool).copied().unwrap_or_default());
            count.map(|count| {
                (0..count).map(|number| json!({"action_name": format!("action {number}")})).collect::<Vec<_>>()
            })
        };
        let permitted = |(tool, level): (&&'static str, &Value)| {
            let mut record = json!({"name": tool, "user_access_level": level});
            if let Some(actions) = actions(tool) {
                record["permitted_actions"] = json!(actions);
            }
            record
        };
        levels.iter().map(permitted).collect()
    }
}

impl Manifest {
    fn json(&self, app: usize) -> Value {
        let mut out = json!({"schema_version": self.schema});
        if let Some(notes) = self.notes {
            out["post_installation_instruction"] = json!({"notes": notes});
        }
        let permissions = json!({"company": self.company, "project": self.project});
        let page = json!({"uuid": "5784c584-26bd-44e2-ab48-6c4a8eaa289b"});
        if self.schema == "4.1" {
            out["permissions"] = permissions;
            if self.embedded {
                out["fullscreen"] = page;
            }
            return out;
        }
        let instance = |(number, grant): (usize, &&str)| {
            let mut instance = json!({"uid": format!("uid-{}", APPS[app].0), "grant_type": grant});
            if number == 0 {
                instance["permissions"] = permissions.clone();
            }
            instance
        };
        let instances: Vec<Value> = self.grants.iter().enumerate().map(instance).collect();
        out["components"] = json!({"oauth": {"instances": instances}});
        if self.embedded {
            out["components"]["iframe"] = json!({"instances": [page]});
        }
        out
    }
}

impl Decisions {
    fn toml(&self, users: &[User]) -> (Value, Value) {
        let mut settings = Map::new();
        if let Some(allowed) = self.installs {
            settings.insert("allow_user_installs".into(), json!(allowed));
        }
        if let Some(projects) = &self.template_projects {
            settings.insert("template_projects".into(), json!(projects));
        }
        let subject = |index: usize| directory_name(index % users.len(), &users[index % users.len()]);
        let whom = |at: &Index| match at.index(users.len() + INSTALLABLE) {
            app if app < INSTALLABLE => APPS[app].1.to_owned(),
            user => subject(user - INSTALLABLE),
        };
        let exception = |(at, tool, expired): &(Index, &str, bool)| {
            let expires = if *expired { "2024-01-01" } else { "2025-06-30" };
            json!({"subject": whom(at), "tool": tool, "reason": format!("of {tool}"), "approved_by": "Ann Doe", "expires": expires})
        };
        let reason = |(app, tool): &(usize, &str)| json!({"app": APPS[*app].1, "tool": tool, "reason": format!("{tool} for {app}")});
        let approved = |(user, projects): (&usize, &Vec<usize>)| {
            let projects: Vec<u64> = projects.iter().map(|project| PROJECTS[*project].0).collect();
            json!({"subject": subject(*user), "projects": projects})
        };
        let of_apps = |on: &str| -> Vec<Value> {
            self.offers.iter().map(|app| json!({"app": APPS[*app].1, "on": on, "by": "Ann Doe"})).collect()
        };
        let reviews = json!({
            "exception": self.exceptions.iter().map(exception).collect::<Vec<_>>(),
            "reason": self.reasons.iter().map(reason).collect::<Vec<_>>(),
            "approved_projects": self.approved.iter().map(approved).collect::<Vec<_>>(),
            "new_projects": self.new_projects.iter().map(|user| json!({"subject": subject(*user), "approved_by": "Ann Doe"})).collect::<Vec<_>>(),
            "review": self.reviewed.iter().map(|(user, on)| json!({"subject": subject(*user), "on": on, "by": "Ann Doe"})).collect::<Vec<_>>(),
            "update_offer": self.offers.iter().map(|app| json!({"app": APPS[*app].1, "first_seen": "2024-07-01"})).collect::<Vec<_>>(),
            "vendor_review": of_apps("2024-03-02"),
            "projects_review": of_apps("2023-07-09"),
            "grant_check": of_apps("2024-10-02"),
        });
        (Value::Object(settings), reviews)
    }
}

fn id(index: usize) -> usize {
    100 + index
}

fn offset(id: u64, first: u64) -> usize {
    usize::try_from(id - first).unwrap()
}

fn template_name(id: u64) -> String {
    format!("Template {id}")
}

fn project_type(template: &Template) -> &'static str {
    if template.project_specific { "project_specific" } else { "global" }
}

fn directory_name(index: usize, user: &User) -> String {
    match &user.kind {
        Sort::Managed(app) => format!("{}-a0b1c2d{index}", APPS[*app].0),
        Sort::Legacy { .. } => format!("account-{index}-harbor-test"),
        Sort::Person => format!("Doe {index}"),
    }
}

fn email(index: usize, user: &User) -> String {
    match &user.kind {
        Sort::Person => format!("doe.{index}@harbor.test"),
        _ if user.odd_email => format!("somebody.{index}@harbor.test"),
        _ => format!("{}@procore.com", directory_name(index, user)),
    }
}

/// What a list of users says of one, but for the templates.
fn base(index: usize, user: &User) -> Value {
    // A given name would make a person of whoever is known by the form of their name alone.
    let named = match &user.kind {
        Sort::Person => true,
        Sort::Legacy { on_page } => user.first_name && on_page.is_some(),
        Sort::Managed(_) => false,
    };
    let [logged_in, invited, employee, titled] = user.marks;
    let name = directory_name(index, user);
    json!({
        "id": id(index),
        "name": if named { format!("Ann {name}") } else { name.clone() },
        "first_name": named.then_some("Ann"),
        "last_name": name,
        "email_address": email(index, user),
        "is_active": user.active,
        "is_employee": employee,
        "job_title": titled.then_some("Engineer"),
        "created_at": user.created,
        "last_login_at": logged_in.then_some("2024-01-02T03:04:05Z"),
        "welcome_email_sent_at": invited.then_some("2024-01-02T03:04:05Z"),
    })
}

/// The show record of a user: empty members are left out.
fn shown(index: usize, user: &User) -> Value {
    let Value::Object(mut record) = base(index, user) else { return Value::Null };
    record.retain(|_, value| !value.is_null());
    record.insert("add_to_new_projects".into(), json!(user.adds));
    for (member, template) in [
        ("default_permission_template_id", user.project_template),
        ("company_permission_template_id", user.company_template),
    ] {
        if let Some(template) = template {
            record.insert(member.into(), json!(template));
        }
    }
    Value::Object(record)
}

fn assignments(user: &User) -> Vec<Value> {
    let assignment = |(at, (project, name)): (usize, &(u64, &str))| {
        let template = user.projects.get(&at).copied().flatten().map(template_name);
        let assigned = user.projects.contains_key(&at);
        json!({"project_id": project, "name": name, "is_assigned": assigned, "permission_template_name": template})
    };
    PROJECTS.iter().enumerate().map(assignment).collect()
}

/// What happens to a member.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Edit {
    /// It is not in the file.
    Drop,
    /// It is there and empty.
    Empty,
    /// It is of a type it cannot have.
    Wrong,
    /// It says something else.
    Other,
}

impl Edit {
    /// Does it to one of all members of all JSON records and all cells of all tables.
    pub(crate) fn apply(&self, docs: &mut Docs, at: Index) {
        let total: usize = docs.iter().map(places).sum();
        if total == 0 {
            return;
        }
        let mut at = at.index(total);
        for doc in docs {
            let here = places(doc);
            if at < here {
                return self.apply_to(doc, at);
            }
            at -= here;
        }
    }

    fn apply_to(&self, doc: &mut Doc, mut at: usize) {
        match &mut doc.body {
            Body::List(records) => records.iter_mut().for_each(|record| self.walk(record, &mut at)),
            Body::One(record) => self.walk(record, &mut at),
            Body::Table(columns, rows) => {
                let (row, column) = (at / columns.len(), at % columns.len());
                let cell = &mut rows[row][column];
                match self {
                    Self::Drop | Self::Empty => cell.clear(),
                    Self::Wrong => *cell = "?".to_owned(),
                    Self::Other => cell.push('1'),
                }
            }
            Body::Toml(_) => {}
        }
    }

    /// Counts `at` down over the members; the one at zero is edited.
    fn walk(&self, value: &mut Value, at: &mut usize) {
        match value {
            Value::Object(members) => {
                let names: Vec<String> = members.keys().cloned().collect();
                for name in names {
                    let Some(member) = members.get_mut(&name) else { continue };
                    if *at > 0 {
                        *at -= 1;
                        self.walk(member, at);
                        continue;
                    }
                    *at = usize::MAX;
                    match self {
                        Self::Drop => drop(members.shift_remove(&name)),
                        Self::Empty => *member = Value::Null,
                        Self::Wrong => *member = wrong(member),
                        Self::Other => *member = other(member),
                    }
                }
            }
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.walk(element, at)),
            _ => {}
        }
    }
}

/// Something the export no longer says.
#[derive(Debug, Clone)]
pub(crate) enum Removal {
    /// A member of a record.
    Member(Index),
    /// A column of a table.
    Column(Index),
    /// A file.
    File(Index),
}

/// Things to take away from a company.
pub(crate) fn removals() -> impl Strategy<Value = Vec<Removal>> {
    let removal = prop_oneof![
        8 => any::<Index>().prop_map(Removal::Member),
        1 => any::<Index>().prop_map(Removal::Column),
        2 => any::<Index>().prop_map(Removal::File),
    ];
    vec(removal, 1..16)
}

impl Removal {
    /// Takes it away, unless leaving it out would itself say something.
    pub(crate) fn apply(&self, docs: &mut Docs) {
        match self {
            Self::File(at) if !docs.is_empty() => drop(docs.remove(at.index(docs.len()))),
            Self::Column(at) => {
                let is_table = |doc: &&mut Doc| matches!(&doc.body, Body::Table(columns, _) if columns.len() > 1);
                for doc in docs.iter_mut().filter(is_table) {
                    let Body::Table(columns, rows) = &mut doc.body else { continue };
                    let column = at.index(columns.len());
                    columns.remove(column);
                    rows.iter_mut().for_each(|row| drop(row.remove(column)));
                }
            }
            Self::Member(at) => {
                // A manifest, and a list of levels by tool, say "none" by leaving out.
                let (mut open, mut closed): (Docs, Docs) = docs.drain(..).partition(|doc| !is_closed(doc));
                Edit::Drop.apply(&mut open, *at);
                docs.append(&mut open);
                docs.append(&mut closed);
            }
            Self::File(_) => {}
        }
    }
}

fn is_closed(doc: &Doc) -> bool {
    let stems = ["manifests/", "permissions/", "permission_templates", "app_installations/"];
    stems.iter().any(|stem| doc.stem.starts_with(stem)) || matches!(doc.body, Body::Table(..))
}

fn places(doc: &Doc) -> usize {
    match &doc.body {
        Body::List(records) => records.iter().map(members).sum(),
        Body::One(record) => members(record),
        Body::Table(columns, rows) => columns.len() * rows.len(),
        Body::Toml(_) => 0,
    }
}

fn members(value: &Value) -> usize {
    match value {
        Value::Object(of) => of.len() + of.values().map(members).sum::<usize>(),
        Value::Array(elements) => elements.iter().map(members).sum(),
        _ => 0,
    }
}

fn wrong(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => json!("perhaps"),
        Value::String(_) => json!([17.5]),
        Value::Array(_) => json!(true),
        Value::Null | Value::Object(_) => json!(1.5),
    }
}

fn other(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => json!(!flag),
        Value::Number(number) => json!(number.as_u64().map_or(1, |number| number + 1)),
        Value::String(text) if text.contains("T") && text.ends_with('Z') => json!("2022-02-02T02:02:02Z"),
        Value::String(text) => json!(format!("{text}1")),
        Value::Null => json!("1"),
        other => other.clone(),
    }
}
