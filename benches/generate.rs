//! Writes a synthetic Procore export of any size, in the shapes of the real one.
//!
//! ```text
//! cargo run --release --example generate -- OUT_DIR --users 20000 --memberships 300000
//! ```
//!
//! With `--grants 1000000` instead, it writes an export with about so many grant facts, of which nearly all are those
//! of service identities: what `benches/rivals` evaluates.
//!
//! The same arguments give the same bytes. Most apps are in order: global templates equal to the
//! manifest, approved projects, an installer who administers the company. One in eight has one of
//! the [`FLAWS`]. Legacy accounts are as neglected as one finds them.

use std::error::Error;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::PathBuf;

use clap::Parser;
use fastrand::Rng;
use serde_json::{Map, Value, json};

#[path = "generate/facts.rs"]
mod facts;

use facts::{Shares, Sizes};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
/// Tools with their levels.
type Grants = Vec<(&'static str, &'static str)>;
/// A user and the template in force.
type Member = (usize, Option<usize>);

const COMPANY: u64 = 562_949_953_421_312;
const COMPANY_NAME: &str = "Harborline Builders";
/// The first people of the directory administer the company and install its apps.
const ADMINISTRATORS: usize = 8;
const READ_WRITE: &str = "Read Only,Standard";
const MIXED: &str = "Read Only,Standard,Standard,Admin";
/// What is wrong with apps, in the order in which a growing number of apps gets it.
const FLAWS: &str = "drifted template,orphan,installer gone,new projects,directory admin,\
    user inactive,unapproved project,grid by hand,stale update,uninstalled,edited user";
const WHAT: &str = "RFI,Field,Cost,Safety,Plan,Crew,Budget,Drawing,Invoice,Site,Schedule,Photo";
const DOES: &str = "Sync,Bridge,Pulls,Connect,Export,Room,Tracker,Hub,Mirror,Insights,Archive";
const PLACES: &str = "Harbor Tower,Elm Street School,North Yard (Phase 2),Pier 9,Route 7 Bridge";
const FIRST_NAMES: &str = "Dana,Priya,Luis,Zoë,Marcus,Ingrid,Wei,Fatima,Owen,Carla,Tomás,Nia,Jonas";
const LAST_NAMES: &str = "Whitfield,Raman,O'Brien,Núñez,Kowalski,Chen,Haddad,Larsen,Okafor,Silva";
const JOBS: &str = "Project Manager,Superintendent,R&D Engineer II,Estimator,Safety Lead,Architect";
const VENDORS: &str = "Ridge Electric,Blue Heron Plumbing,Summit Steel,Castle & Sons Masonry";
/// When legacy accounts were last used: most of them lately.
const LAST_USED: &str = ",2021-05-06,2024-10-04,2024-10-08,2024-10-09,2024-10-10,2024-10-11";
const ROLES: &str = "Architect/Engineer,Foreman / Superintendent,Owner/Client,Project Manager,\
    Subcontractor,Project Coordinator,Field Engineering,Safety,BIM,Accounting,Closeout";
const COMPANY_TOOLS: &str = "documents,home,schedule,timecard,timesheets,reports,calendar,\
    equipment,directory,admin,permissions,app_management,erp_integrations,workflows";
/// Tools that are only given on purpose.
const GUARDED: [&str; 4] = ["directory", "admin", "permissions", "app_management"];
const PROJECT_TOOLS: &str = "budgeting,commitments,coordination_issues,daily_log,documents,\
    drawings,incidents,meetings,observations,photos,prime_contracts,punch_list,rfi,schedule,home,\
    timesheets,specification_sections,submittal_log,change_events,change_orders,checklists,\
    communication_types,crews,direct_costs,forms,directory,admin,tasks,transmittals";
/// What every project row says alike.
const PROJECT: &str = r#"{
    "accounting_project_number": null, "actual_start_date": null, "city": "Carpinteria",
    "address": "6309 Carpinteria Avenue", "code": "", "completion_date": "2027-03-31",
    "company": {"id": 562949953421312, "name": "Harborline Builders"}, "country_code": "US",
    "county": null, "created_by": {"id": 7999993, "login": "owner@example.com", "name": " "},
    "created_at": "2024-03-20T20:39:39Z", "updated_at": "2024-09-21T17:28:35Z", "custom_fields": {
        "custom_field_218239": {"data_type": "boolean", "value": true},
        "custom_field_274577": {"data_type": "decimal", "value": null}
    }, "delivery_method": null, "description": null, "designated_market_area": null, "fax": null,
    "erp_integrated": false, "estimated_value": "1.0", "latitude": 34.385, "longitude": -119.489,
    "origin_code": null, "origin_data": null, "origin_id": null, "owners_project_id": null,
    "parent_job_id": null, "phone": null, "photo_id": null, "project_bid_type_id": null,
    "project_region_id": null, "project_owner_type_id": null, "project_type": null, "sector": null,
    "project_stage": {"id": 139797, "name": "Course of Construction"}, "project_template": null,
    "projected_finish_date": "2027-03-31", "square_feet": null, "start_date": "2024-03-20",
    "state_code": "CA", "store_number": null, "time_zone": "Central Time (US & Canada)",
    "total_value": "1.0", "work_scope": null, "zip": "93013"
}"#;

/// Write a synthetic Procore export.
#[derive(Parser)]
struct Args {
    /// Folder to write; it must not hold an export yet
    out_dir: PathBuf,
    /// Active users, people and service identities together
    #[arg(long, default_value_t = 20_000)]
    users: usize,
    /// Projects
    #[arg(long, default_value_t = 500)]
    projects: usize,
    /// Rows of all project user lists together
    #[arg(long, default_value_t = 300_000)]
    memberships: usize,
    /// Apps with a Developer Managed Service Account
    #[arg(long, default_value_t = 60)]
    integrations: usize,
    /// Legacy service accounts
    #[arg(long, default_value_t = 40)]
    legacy: usize,
    /// Grant facts of service identities, about: sets all of the above
    #[arg(long, conflicts_with_all = ["users", "projects", "memberships", "integrations", "legacy"])]
    grants: Option<usize>,
    /// Seed of the random numbers
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write lists as JSON Lines
    #[arg(long)]
    jsonl: bool,
}

/// Everything the export says. Elsewhere, numbers are positions in these lists.
#[derive(Default)]
struct World {
    projects: Vec<Project>,
    /// The template of each project, then those of the roles, then the rest.
    templates: Vec<Template>,
    users: Vec<User>,
    /// Active people, who come before the people who left.
    people: Range<usize>,
    services: Vec<Service>,
    /// The members of each project.
    members: Vec<Vec<Member>>,
    /// With `--grants`: the memberships that service identities still get.
    shares: Option<Shares>,
}

/// A project: its position is also that of its own template.
struct Project {
    id: u64,
    name: String,
    active: bool,
    demo: bool,
}

/// A permission template.
struct Template {
    id: u64,
    name: String,
    /// How rows of users name it.
    reference: String,
    row: Value,
}

/// A user of the company directory.
#[derive(Default)]
struct User {
    id: u64,
    first: Option<&'static str>,
    last: String,
    email: String,
    inactive: bool,
    employee: bool,
    job: Option<&'static str>,
    vendor: &'static str,
    created: String,
    last_login: Option<String>,
    project_template: Option<usize>,
    company_template: Option<usize>,
    new_projects: bool,
    /// Its row in lists, without the templates and the closing brace.
    row: String,
}

/// A service identity: the user of an app, or a legacy account.
#[derive(Default)]
struct Service {
    user: usize,
    name: String,
    legacy: bool,
    flaw: &'static str,
    /// What the manifest asks for.
    company: Grants,
    project: Grants,
    projects: Vec<usize>,
}

fn main() -> Outcome {
    let args = Args::parse().sized();
    let world = build(&args)?;
    let folder = Folder::create(&args)?;
    let rng = &mut Rng::with_seed(!args.seed);
    write_company(&folder)?;
    write_reviews(&folder, &world)?;
    let templates = world.templates.iter().map(|template| &template.row);
    let templates = folder.list("permission_templates", templates)?;
    write_projects(&folder, &world)?;
    let users = write_users(&folder, &world)?;
    let memberships = write_project_users(&folder, &world)?;
    if args.grants.is_none() {
        write_project_assignments(&folder, &world)?;
        write_template_assignments(&folder, &world)?;
    }
    let apps = write_installations(&folder, &world, rng)?;
    write_service_accounts(&folder, &world, rng)?;
    let hooks = if args.grants.is_some() { 0 } else { write_webhooks(&folder, &world, rng)? };
    writeln!(
        io::stdout().lock(),
        "{users} users, {} projects, {memberships} memberships, {templates} templates, \
         {apps} installed apps, {} legacy accounts, {hooks} webhooks",
        args.projects,
        args.legacy
    )?;
    Ok(())
}

impl Args {
    /// With the sizes that the number of facts asks for.
    fn sized(mut self) -> Self {
        if let Some(sizes) = self.sizes() {
            (self.users, self.projects, self.memberships) = (sizes.users, sizes.projects, sizes.memberships);
            (self.integrations, self.legacy) = (sizes.integrations, sizes.legacy);
        }
        self
    }

    fn sizes(&self) -> Option<Sizes> {
        self.grants.map(Sizes::of)
    }
}

// ---- what the export says ----

fn build(args: &Args) -> Outcome<World> {
    let services = args.integrations + args.legacy;
    if args.projects == 0 || args.users < services + ADMINISTRATORS {
        return Err("too few projects, or too few users for so many service identities".into());
    }
    let rng = &mut Rng::with_seed(args.seed);
    let mut world = World { shares: args.sizes().map(|sizes| sizes.shares()), ..World::default() };
    let apps = 0..args.integrations;
    let inactive = apps.clone().filter(|app| world.flaw(*app) == "user inactive");
    let inactive = inactive.count();
    add_projects(&mut world, rng, args.projects);
    add_people(&mut world, rng, args.users + inactive - services);
    // Service identities take a tenth of the memberships at most.
    let most = (args.memberships / 10 / services.max(1)).max(1);
    for number in apps {
        add_app(&mut world, rng, number, most);
    }
    for number in 0..args.legacy {
        add_legacy(&mut world, rng, number, most);
    }
    add_memberships(&mut world, rng, args.memberships)?;
    Ok(world)
}

fn add_projects(world: &mut World, rng: &mut Rng, count: usize) {
    for number in 0..count {
        let id = COMPANY + 80_000 + number as u64 * 13;
        let name = format!("{}, Lot {number}", pick(rng, PLACES));
        let owners = grants(rng, PROJECT_TOOLS, 6, READ_WRITE);
        let template = format!("Z - {name} Owners");
        world.add_template(&template, "project_specific", id, &owners);
        world.projects.push(Project {
            id,
            name,
            active: number == 0 || !chance(rng, 12),
            demo: number > 0 && chance(rng, 1),
        });
        world.members.push(Vec::new());
    }
}

/// People, after the templates they have: one for each role, two for the company.
fn add_people(world: &mut World, rng: &mut Rng, active: usize) {
    let first_role = world.templates.len();
    for role in ROLES.split(',') {
        let levels = grants(rng, PROJECT_TOOLS, 24, MIXED);
        world.add_template(&format!("[GC] {role}"), "global", COMPANY, &levels);
    }
    let roles = first_role..world.templates.len();
    let mut levels = grants(rng, COMPANY_TOOLS, 6, READ_WRITE);
    let staff = world.add_template("Company Staff", "company_tools", COMPANY, &levels);
    levels.extend(GUARDED.map(|tool| (tool, "Admin")));
    let admin = world.add_template("Company Admin", "company_tools", COMPANY, &levels);
    world.people = 0..active;
    for number in 0..active + active.div_ceil(50) {
        let administers = number < ADMINISTRATORS;
        let employee = administers || chance(rng, 60);
        let vendor = pick(rng, if employee { COMPANY_NAME } else { VENDORS });
        let (first, last) = (pick(rng, FIRST_NAMES), pick(rng, LAST_NAMES));
        world.add_user(User {
            first: Some(first),
            last: last.into(),
            email: format!("{}.{number}@{}.example", slug(last), slug(vendor)),
            inactive: number >= active,
            employee,
            job: Some(pick(rng, JOBS)).filter(|_| !chance(rng, 20)),
            vendor,
            created: moment(rng, 2015..2024),
            last_login: Some(moment(rng, 2024..2025)),
            project_template: Some(rng.usize(roles.clone())),
            company_template: employee.then_some(if administers { admin } else { staff }),
            ..User::default()
        });
    }
}

fn add_app(world: &mut World, rng: &mut Rng, number: usize, most: usize) {
    let (name, flaw) = (product(number), world.flaw(number));
    let handle = format!("{}-{:08x}", slug(&name), rng.u32(..));
    let edited = flaw == "edited user";
    let user = User {
        email: format!("{handle}@procore.com"),
        last: if edited { name.clone() } else { handle },
        inactive: flaw == "user inactive",
        employee: edited,
        job: edited.then_some("Integration User"),
        created: moment(rng, 2023..2025),
        new_projects: flaw == "new projects" || chance(rng, 5),
        ..User::default()
    };
    let mut company = grants(rng, COMPANY_TOOLS, number % 4, READ_WRITE);
    if number % 30 == 7 {
        company.extend([("directory", "Admin"), ("admin", "Admin")]); // an ERP connector
    }
    let mut project = grants(rng, PROJECT_TOOLS, 2 + number % 7, READ_WRITE);
    if world.shares.is_some() && number % 6 == 1 {
        project.push((nth(facts::PROJECT_TOOLS, 38 + number % 22), "Standard"));
    }
    let service =
        Service { name, flaw, company, project, projects: world.draw_projects(rng, most, 10), ..Service::default() };
    world.add_service(service, user);
}

/// A legacy account. Half of them have a successor among the apps, by the same name.
fn add_legacy(world: &mut World, rng: &mut Rng, number: usize, most: usize) {
    let custom = if chance(rng, 50) { "Nightly " } else { "" };
    let name = format!("{custom}{}", product(number));
    let handle = format!("{}-{}", slug(&name), slug(COMPANY_NAME));
    let late = chance(rng, 4).then(|| "2024-10-02T08:30:00Z".into());
    let user = User {
        email: format!("{handle}@procore.com"),
        last: handle,
        created: late.unwrap_or_else(|| moment(rng, 2017..2024)),
        new_projects: chance(rng, 25),
        ..User::default()
    };
    let mut company = grants(rng, COMPANY_TOOLS, 6, READ_WRITE);
    let mut levels = MIXED;
    if chance(rng, 15) {
        company.extend(GUARDED.map(|tool| (tool, "Admin"))); // born with Admin on everything
        levels = "Admin";
    }
    let service = Service {
        name,
        legacy: true,
        company,
        project: grants(rng, PROJECT_TOOLS, 15, levels),
        projects: world.draw_projects(rng, most, 50),
        ..Service::default()
    };
    world.add_service(service, user);
}

/// Service identities first, then people up to `total`: each on some number of projects around the
/// mean of what is left, never twice on the same.
fn add_memberships(world: &mut World, rng: &mut Rng, total: usize) -> Outcome {
    for service in &world.services {
        let template = world.template_on_projects(service);
        for &project in &service.projects {
            join(&mut world.members, project, service.user, template);
        }
    }
    let (projects, people) = (world.projects.len(), world.people.end);
    let taken: usize = world.members.iter().map(Vec::len).sum();
    if total < taken || total - taken > people * projects {
        return Err("too few or too many memberships for so many users and projects".into());
    }
    let mut left = total - taken;
    for user in 0..people {
        let after = people - user - 1;
        let drawn = rng.usize(..=2 * left / (after + 1));
        let count = drawn.clamp(left.saturating_sub(after * projects), left.min(projects));
        let usual = world.users.get(user).and_then(|user| user.project_template);
        for project in rng.choose_multiple(0..projects, count) {
            let template = match rng.u8(..100) {
                0..3 => None,
                3..8 => Some(project), // the one made for this project
                _ => usual,
            };
            join(&mut world.members, project, user, template);
        }
        left -= count;
    }
    Ok(())
}

fn join(members: &mut [Vec<Member>], project: usize, user: usize, template: Option<usize>) {
    if let Some(list) = members.get_mut(project) {
        list.push((user, template));
    }
}

impl World {
    /// Adds a template of the company or, if `provider` is another id, of that project. Its row is
    /// that of `view=with_permissions`.
    fn add_template(&mut self, name: &str, kind: &str, provider: u64, levels: &Grants) -> usize {
        let number = self.templates.len();
        let id = 700_000 + number as u64 * 37;
        let specific = provider != COMPANY;
        let tools = match (kind, self.shares) {
            ("company_tools", None) => COMPANY_TOOLS,
            ("company_tools", Some(_)) => facts::COMPANY_TOOLS,
            (_, None) => PROJECT_TOOLS,
            (_, Some(_)) => facts::PROJECT_TOOLS,
        };
        // Every third template has granular permissions, on one tool.
        let granular = levels.first().filter(|_| self.shares.is_some() && number.is_multiple_of(3));
        let granular = granular.map(|(tool, _)| {
            let actions: Vec<String> = (0..number % 7).map(|action| format!("{tool}_action_{action}")).collect();
            ((*tool).to_owned(), json!(actions))
        });
        let granular: Value = granular.into_iter().collect();
        let none = tools.split(',').map(|tool| (tool, "None"));
        let access: Value = none.chain(levels.iter().copied()).collect();
        let reference = json!({
            "id": id, "name": name, "project_specific": specific, "type": kind
        });
        let detail = json!({
            "company_id": COMPANY, "category": "internal", "provider_id": provider,
            "provider_type": if specific { "Project" } else { "Company" },
            "user_access_levels": access, "permissions": granular
        });
        self.templates.push(Template {
            id,
            name: name.into(),
            reference: reference.to_string(),
            row: with(&reference, detail),
        });
        self.templates.len() - 1
    }

    fn add_user(&mut self, mut user: User) -> usize {
        user.id = 8_000_000 + self.users.len() as u64 * 7;
        user.row = user_row(&user);
        user.row.pop();
        self.users.push(user);
        self.users.len() - 1
    }

    /// Adds a service identity, with templates of its own that are what its manifest asks for.
    fn add_service(&mut self, mut service: Service, mut user: User) {
        let (mut company, mut project) = (service.company.clone(), service.project.clone());
        match (service.flaw, project.first_mut()) {
            ("drifted template", Some((_, level))) => *level = "Admin",
            ("directory admin", _) => company.push(("directory", "Admin")),
            ("user inactive", _) if self.shares.is_none() => service.projects.clear(),
            _ => {}
        }
        let kind = if service.legacy { " account" } else { "" };
        let name = format!("{}{kind}", service.name);
        let project = self.add_template(&name, "global", COMPANY, &project);
        let name = format!("{name} (company)");
        let company = self.add_template(&name, "company_tools", COMPANY, &company);
        user.vendor = COMPANY_NAME;
        (user.project_template, user.company_template) = (Some(project), Some(company));
        service.user = self.add_user(user);
        self.services.push(service);
    }

    /// Some projects that are real work, `generous` percent of the time as many as allowed.
    fn draw_projects(&mut self, rng: &mut Rng, most: usize, generous: u8) -> Vec<usize> {
        if let Some(shares) = &mut self.shares {
            let share = shares.next(rng, self.projects.len());
            let mut drawn = rng.choose_multiple(0..self.projects.len(), share);
            drawn.sort_unstable();
            return drawn;
        }
        let some = rng.usize(1..40).min(most);
        let count = if chance(rng, generous) { most } else { some };
        let all = (0..).zip(&self.projects);
        let real = all.filter(|(_, project)| project.active && !project.demo);
        let mut drawn = rng.choose_multiple(real.map(|(number, _)| number), count);
        drawn.sort_unstable();
        drawn
    }

    /// What is wrong with an app. Where facts are counted, every template is known.
    fn flaw(&self, app: usize) -> &'static str {
        match flaw(app) {
            "grid by hand" if self.shares.is_some() => "",
            flaw => flaw,
        }
    }

    fn template(&self, number: Option<usize>) -> Option<&Template> {
        self.templates.get(number?)
    }

    /// Service identities, of legacy accounts or of apps.
    fn services(&self) -> impl Iterator<Item = (&Service, &User)> {
        let services = self.services.iter();
        services.filter_map(|service| Some((service, self.users.get(service.user)?)))
    }

    fn projects_of(&self, service: &Service) -> impl Iterator<Item = &Project> {
        let numbers = service.projects.iter();
        numbers.filter_map(|&number| self.projects.get(number))
    }

    /// The template a service identity has on all its projects.
    fn template_on_projects(&self, service: &Service) -> Option<usize> {
        match service.flaw {
            "grid by hand" => None,
            _ => self.users.get(service.user)?.project_template,
        }
    }
}

// ---- the files ----

/// The folder being written.
struct Folder {
    path: PathBuf,
    jsonl: bool,
}

impl Folder {
    fn create(args: &Args) -> Outcome<Folder> {
        let (path, jsonl) = (args.out_dir.clone(), args.jsonl);
        if path.join("users").exists() {
            return Err(format!("{} holds an export already", path.display()).into());
        }
        for sub in "users,project_users,project_assignments,app_installations".split(',') {
            fs::create_dir_all(path.join(sub))?;
        }
        Ok(Folder { path, jsonl })
    }

    fn file(&self, name: &str) -> io::Result<BufWriter<File>> {
        File::create(self.path.join(name)).map(BufWriter::new)
    }

    fn record(&self, sub: &str, id: impl Display, record: &Value) -> io::Result<()> {
        let path = self.path.join(format!("{sub}/{id}.json"));
        fs::write(path, format!("{record:#}\n"))
    }

    /// Writes a list, a line for each row: a JSON array or JSON Lines.
    fn list(&self, stem: &str, rows: impl Iterator<Item: Display>) -> io::Result<usize> {
        let (suffix, open, comma) = match self.jsonl {
            true => ("jsonl", "", "\n"),
            false => ("json", "[\n", ",\n"),
        };
        let mut out = self.file(&format!("{stem}.{suffix}"))?;
        let mut count = 0;
        for row in rows {
            write!(out, "{}{row}", if count == 0 { open } else { comma })?;
            count += 1;
        }
        match (self.jsonl, count) {
            (true, 0) => {}
            (true, _) => writeln!(out)?,
            (false, 0) => writeln!(out, "[]")?,
            (false, _) => writeln!(out, "\n]")?,
        }
        out.flush()?;
        Ok(count)
    }
}

fn write_company(folder: &Folder) -> Outcome {
    let company = json!({
        "id": COMPANY, "name": COMPANY_NAME, "is_active": true, "logo_url": null,
        "my_company": true, "pcn_business_experience": null
    });
    folder.list("companies", [company].iter())?;
    let export = format!("company_id = {COMPANY}\ncollected_at = 2024-10-14\n");
    fs::write(folder.path.join("export.toml"), export)?;
    let settings = "allow_user_installs = false\ncompany_admin_scope = \"member projects\"\n";
    fs::write(folder.path.join("settings.toml"), settings)?;
    Ok(())
}

fn write_reviews(folder: &Folder, world: &World) -> Outcome {
    let mut out = folder.file("reviews.toml")?;
    let mut put = |table: &str, body: String| writeln!(out, "[[{table}]]\n{body}\n");
    let by = "\"Dana Whitfield, CISO\"";
    for (service, user) in world.services() {
        let (app, subject) = (&service.name, format!("subject = \"{}\"", user.email));
        if service.legacy {
            if user.id % 3 != 0 {
                put("review", format!("{subject}\non = 2024-03-02\nby = {by}"))?;
            }
            continue;
        }
        let forgotten = usize::from(service.flaw == "unapproved project");
        let approved = world.projects_of(service).skip(forgotten);
        let approved: Vec<_> = approved.map(|project| project.id).collect();
        let approved = match world.shares {
            Some(_) if user.id % 20 != 0 => "\"all\"".to_owned(),
            _ => format!("{approved:?}"),
        };
        put("approved_projects", format!("{subject}\nprojects = {approved}"))?;
        if let (Some(_), Some((tool, _))) = (world.shares, service.project.first().filter(|_| user.id % 5 == 0)) {
            let until = if user.id % 3 == 0 { "2024-06-30" } else { "2025-06-30" };
            let why = format!("tool = \"project/{tool}\"\nreason = \"Until the pilot ends.\"");
            put("exception", format!("{subject}\n{why}\napproved_by = {by}\nexpires = {until}"))?;
        }
        let company = service.company.iter();
        for (tool, _) in company.filter(|(_, level)| *level == "Admin") {
            let why = format!("tool = \"company/{tool}\"\nreason = \"Creates vendors.\"");
            let until = format!("approved_by = {by}\nexpires = 2025-06-30");
            put("reason", format!("app = \"{app}\"\n{why}"))?;
            put("exception", format!("{subject}\n{why}\n{until}"))?;
        }
        if user.new_projects && service.flaw != "new projects" {
            put("new_projects", format!("{subject}\napproved_by = {by}"))?;
        }
        if service.flaw == "stale update" {
            let first = format!("app = \"{app}\"\nfirst_seen = 2024-07-01");
            put("update_offer", first)?;
        }
    }
    Ok(out.flush()?)
}

fn write_projects(folder: &Folder, world: &World) -> Outcome {
    let alike: Value = serde_json::from_str(PROJECT)?;
    let rows = (0..).zip(&world.projects).map(|(number, project)| {
        let (name, number) = (&project.name, format!("{number:05}.1"));
        let own = json!({
            "id": project.id, "name": name, "display_name": format!("{number} - {name}"),
            "project_number": number, "active": project.active, "is_demo": project.demo
        });
        with(&alike, own)
    });
    folder.list("projects", rows)?;
    Ok(())
}

/// The row of a user in lists, but for the templates.
fn user_row(user: &User) -> String {
    let person = user.first.is_some();
    json!({
        "id": user.id, "name": full_name(user), "first_name": user.first, "last_name": user.last,
        "initials": initials(user), "business_id": null, "address": null, "avatar": null,
        "business_phone": person.then(|| format!("+1 805 {}", user.id)), "city": null,
        "business_phone_extension": null, "contact_id": user.id + 16_000_000, "country_code": "US",
        "email_address": user.email, "email_signature": null, "erp_integrated_accountant": false,
        "employee_id": (user.employee && person).then(|| user.id.to_string()), "fax_number": null,
        "is_active": !user.inactive, "is_employee": user.employee, "job_title": user.job,
        "last_activated_at": null, "last_login_at": user.last_login, "mobile_phone": null,
        "notes": null, "origin_data": null, "origin_id": null, "state_code": null, "zip": null,
        "welcome_email_sent_at": person.then_some(&user.created), "created_at": user.created,
        "updated_at": user.created, "vendor": vendor(user), "work_classification_id": null
    })
    .to_string()
}

/// The row of a user in a list with templates, `project` being the one of the project.
fn row_with_templates(world: &World, user: &User, project: Option<usize>) -> String {
    let named = |number| match world.template(number) {
        Some(template) => &template.reference,
        None => "null",
    };
    let (row, project, company) = (&user.row, named(project), named(user.company_template));
    format!(r#"{row},"permission_template":{project},"company_permission_template":{company}}}"#)
}

/// Writes the active users, the inactive ones and the records of service identities.
fn write_users(folder: &Folder, world: &World) -> Outcome<usize> {
    let inactive = world.users.iter().filter(|user| user.inactive);
    let rows = inactive.map(|user| match world.shares {
        None => format!(r#"{},"links":[]}}"#, user.row),
        Some(_) => row_with_templates(world, user, user.project_template),
    });
    folder.list("users_inactive", rows)?;
    for (_, user) in world.services().filter(|_| world.shares.is_none()) {
        folder.record("users", user.id, &user_record(world, user))?;
    }
    let active = world.users.iter().filter(|user| !user.inactive);
    let rows = active.map(|user| row_with_templates(world, user, user.project_template));
    Ok(folder.list("users", rows)?)
}

/// The record of a user. As in real ones, keys without a value are left out.
fn user_record(world: &World, user: &User) -> Value {
    let template_id = |number| world.template(number).map(|template| template.id);
    let record = json!({
        "country_code": "US", "email_address": user.email, "email_signature": "Sent From Procore.",
        "first_name": user.first, "last_name": user.last, "name": full_name(user), "id": user.id,
        "initials": initials(user), "is_active": !user.inactive, "is_employee": user.employee,
        "job_title": user.job, "last_login_at": user.last_login, "created_at": user.created,
        "default_permission_template_id": template_id(user.project_template), "locale": "",
        "company_permission_template_id": template_id(user.company_template),
        "updated_at": user.created, "is_insurance_manager": false, "vendor": vendor(user),
        "add_to_new_projects": user.new_projects
    });
    keys(record).filter(|(_, value)| !value.is_null()).collect()
}

fn write_project_users(folder: &Folder, world: &World) -> Outcome<usize> {
    let mut count = 0;
    for (project, members) in world.projects.iter().zip(&world.members) {
        let rows = members
            .iter()
            .filter_map(|&(user, template)| Some(row_with_templates(world, world.users.get(user)?, template)));
        count += folder.list(&format!("project_users/{}", project.id), rows)?;
    }
    Ok(count)
}

/// The assignments of service identities, with some projects they could be assigned to.
fn write_project_assignments(folder: &Folder, world: &World) -> Outcome {
    for (service, user) in world.services() {
        let template = world.template(world.template_on_projects(service));
        let name = template.map(|template| &template.name);
        let rows = (0..).zip(&world.projects).filter_map(|(number, project)| {
            let assigned = service.projects.contains(&number);
            let row = json!({
                "project_id": project.id, "name": project.name, "program": null,
                "address": null, "stage": "Course of Construction", "region": null, "roles": [],
                "project_number": format!("{number:05}.1"), "is_assigned": assigned,
                "project_type": null, "active": project.active,
                "permission_template_name": name.filter(|_| assigned)
            });
            (assigned || number % 50 == 0).then_some(row)
        });
        folder.list(&format!("project_assignments/{}", user.id), rows)?;
    }
    Ok(())
}

fn write_template_assignments(folder: &Folder, world: &World) -> Outcome {
    let mut out = folder.file("template_assignments.csv")?;
    let header = "\u{feff}Company,Project Name,Project ID,Template,Email,First Name,Last Name,\
        Full Name,Job Title,Is Employee,Has Project Creation Override";
    write!(out, "{header}\r\n")?;
    for (service, user) in world.services() {
        let template = world.template(world.template_on_projects(service));
        let template = template.map_or("", |template| &template.name);
        let (last, job) = (&user.last, user.job.unwrap_or_default());
        let person = format!("{},,{last},{last},{job},{},false\r\n", user.email, user.employee);
        for Project { id, name, .. } in world.projects_of(service) {
            write!(out, "{COMPANY_NAME},\"{name}\",{id},{template},{person}")?;
        }
    }
    Ok(out.flush()?)
}

/// Writes the list and the records of the installed apps.
fn write_installations(folder: &Folder, world: &World, rng: &mut Rng) -> Outcome<usize> {
    let mut rows = Vec::new();
    let installed = |service: &Service| !service.legacy && service.flaw != "orphan";
    for (service, user) in world.services().filter(|(service, _)| installed(service)) {
        let (id, flaw) = (410_000 + rows.len(), service.flaw);
        let uid: String = (0..43).map(|_| rng.alphanumeric()).collect();
        let common = json!({
            "id": id, "app_uid": uid, "components": ["oauth"], "installed_at": user.created,
            "status": if flaw == "uninstalled" { flaw } else { "installed" },
            "uninstalled_at": (flaw == "uninstalled").then_some("2024-10-01T16:20:00Z"),
            "updatable_app_version_id": (flaw == "stale update").then_some("318877"),
            "semantic_version": "1.4.0", "developer_app": developer_app(&service.name, &uid, rng)
        });
        let installer = match flaw {
            "installer gone" => world.people.end,
            _ => id % ADMINISTRATORS,
        };
        let installer = world.users.get(installer).ok_or("no such installer")?;
        let manifest = manifest(service, &uid, id % 5 == 3 && world.shares.is_none());
        let in_record = json!({
            "app_version_id": 310_000 + id, "installed_by": installer.email,
            "post_installation_instruction": manifest.get("post_installation_instruction"),
            "manifest": manifest
        });
        let in_row = json!({
            "installer": {
                "id": installer.id, "login": installer.email, "name": full_name(installer),
                "is_active": !installer.inactive, "contact_id": installer.id + 16_000_000,
                "company_name": installer.vendor
            },
            "uninstaller": null
        });
        folder.record("app_installations", id, &with(&common, in_record))?;
        rows.push(with(&common, in_row));
    }
    Ok(folder.list("app_installations", rows.iter())?)
}

fn developer_app(name: &str, uid: &str, rng: &mut Rng) -> Value {
    let (id, home) = (rng.u32(90_000..99_000), format!("{}.example", slug(name)));
    let listing = json!({
        "id": id + 1, "public_name": name, "built_by": format!("{name} Inc."), "live": true,
        "support_email": format!("support@{home}"), "approval_state": "approved",
        "website_link": { "url": format!("https://{home}"), "label": name }, "state": "published",
        "version": "1.4.0", "requirements": [], "costs_money": true
    });
    json!({
        "id": id, "uid": uid, "name": name, "internal_name": slug(name), "app_type": null,
        "connectable": true, "internal": false, "description": null, "marketplace_app_url": null,
        "published_app_version_id": null, "thumbnail_url": null,
        "marketplace_app": chance(rng, 85).then_some(listing)
    })
}

/// The installed manifest: version 4.1, or version 3 with its own tool keys.
fn manifest(service: &Service, uid: &str, version_3: bool) -> Value {
    let key = |tool: &'static str| match tool {
        "home" if version_3 => "portfolio",
        "budgeting" if version_3 => "budget",
        _ => tool,
    };
    let asked = |grants: &Grants| -> Value {
        let token = |level: &str| level.to_lowercase().replace(' ', "");
        grants.iter().map(|&(tool, level)| (key(tool), token(level))).collect()
    };
    let uuid = "4efc6e04-063b-4a5c-9b0c-0e4bf0fa9390";
    let page = format!("https://{}.example/set-up", slug(&service.name));
    let start = json!({
        "schema_version": if version_3 { "3" } else { "4.1" },
        "post_installation_instruction": {
            "notes": "Permit the projects.", "page": { "url": page, "label": "Set-up" }
        }
    });
    let permissions = json!({
        "company": asked(&service.company), "project": asked(&service.project)
    });
    let connection = json!({
        "uuid": uuid, "uid": uid, "grant_type": "client_credentials", "permissions": permissions
    });
    let rest = match version_3 {
        false => json!({ "permissions": permissions }),
        true => json!({
            "app_manifest": { "id": uuid }, "components": { "oauth": { "instances": [connection] } }
        }),
    };
    with(&start, rest)
}

fn write_service_accounts(folder: &Folder, world: &World, rng: &mut Rng) -> Outcome {
    let mut out = folder.file("service_accounts.csv")?;
    let header = "Name,App Name,App Type,Marketplace App,Description,Developer Name,\
        Developer Email,Client ID,Owner,Last Used";
    write!(out, "{header}\r\n")?;
    for Service { name, .. } in world.services.iter().filter(|service| service.legacy) {
        let developer = pick(rng, VENDORS);
        let email = format!("api@{}.example", slug(developer));
        let app = match (name.starts_with("Nightly"), rng.u8(..100)) {
            (_, 0..8) => ",,,,,".into(),
            (true, 8..16) => format!("{name},Custom,,,,"),
            (true, _) => format!("{name},Custom,,\"Exports, nightly\",{developer},{email}"),
            (false, _) => format!("{name},Marketplace,{name},,,"),
        };
        let client = format!("{:032x}{:032x}", rng.u128(..), rng.u128(..));
        let owner = pick(rng, ",,Dana,Priya,Luis");
        let used = pick(rng, LAST_USED);
        write!(out, "{name},{app},{client},{owner},{used}\r\n")?;
    }
    Ok(out.flush()?)
}

/// Every third service identity owns webhooks on some of its projects.
fn write_webhooks(folder: &Folder, world: &World, rng: &mut Rng) -> Outcome<usize> {
    let mut rows = Vec::new();
    for (service, user) in world.services().step_by(3) {
        for project in world.projects_of(service).take(3) {
            rows.push(json!({
                "id": 1_319_345_488_961_098_876 + rows.len() as u64 * 4096, "api_version": "v2",
                "namespace": slug(&user.last), "destination_url": "https://hooks.example/procore",
                "destination_headers": { "Authorization": format!("*****{:05x}", rng.u16(..)) },
                "owned_by_company_id": COMPANY, "owned_by_project_id": project.id,
                "owned_by_user_id": user.id
            }));
        }
    }
    Ok(folder.list("webhooks", rows.iter())?)
}

// ---- small help ----

fn vendor(user: &User) -> Value {
    let others = VENDORS.split(',').take_while(|name| *name != user.vendor);
    json!({ "id": 19_000_000 + others.count(), "name": user.vendor })
}

fn full_name(user: &User) -> String {
    match user.first {
        Some(first) => format!("{first} {}", user.last),
        None => user.last.clone(),
    }
}

fn initials(user: &User) -> String {
    let names = [user.first.unwrap_or_default(), &user.last];
    let letters = names.iter().filter_map(|name| name.chars().next());
    letters.flat_map(char::to_uppercase).collect()
}

/// Both objects in one.
fn with(base: &Value, more: Value) -> Value {
    keys(base.clone()).chain(keys(more)).collect()
}

fn keys(object: Value) -> impl Iterator<Item = (String, Value)> {
    let Value::Object(keys) = object else {
        return Map::new().into_iter();
    };
    keys.into_iter()
}

/// Lower case, with dashes for everything but letters and digits.
fn slug(text: &str) -> String {
    let parts = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("-").to_lowercase()
}

/// The name of a product; the first 132 need no numeral.
fn product(number: usize) -> String {
    let (what, does) = (nth(WHAT, number), nth(DOES, number));
    match number / 132 {
        0 => format!("{what} {does}"),
        round => format!("{what} {does} {}", round + 1),
    }
}

fn flaw(app: usize) -> &'static str {
    match app % 8 {
        0 => nth(FLAWS, app / 8),
        _ => "",
    }
}

fn nth(words: &'static str, number: usize) -> &'static str {
    let number = number % words.split(',').count();
    words.split(',').nth(number).unwrap_or_default()
}

/// Levels on some tools that anybody may have.
fn grants(rng: &mut Rng, tools: &'static str, count: usize, levels: &'static str) -> Grants {
    let tools = tools.split(',').filter(|tool| !GUARDED.contains(tool));
    let tools = rng.choose_multiple(tools, count);
    tools.into_iter().map(|tool| (tool, pick(rng, levels))).collect()
}

fn pick(rng: &mut Rng, words: &'static str) -> &'static str {
    nth(words, rng.usize(..))
}

fn chance(rng: &mut Rng, percent: u8) -> bool {
    rng.u8(..100) < percent
}

/// A moment of the given years, before October: an export has nothing later than itself.
fn moment(rng: &mut Rng, years: Range<u16>) -> String {
    let (year, month, day) = (rng.u16(years), rng.u8(1..10), rng.u8(1..29));
    let (hour, minute) = (rng.u8(..24), rng.u8(..60));
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z")
}
