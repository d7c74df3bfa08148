//! How large an export must be for a number of grant facts: `--grants`.
//!
//! A grant fact is a service identity, a tool, the company or a project, and the level there. Every service identity
//! has one for each company tool, and one for each project tool on each of its projects. Nearly everything in such an
//! export is about service identities; only the files that say something of their grants are written.

use fastrand::Rng;

/// Grant facts for each service identity.
const FACTS_EACH: usize = 6_000;
/// The fewest and the most service identities: beyond, each is on more projects.
const SERVICES: std::ops::RangeInclusive<usize> = 20..=5_000;
/// The fewest projects.
const PROJECTS: usize = 200;

/// Every company tool of the tool table, so that templates leave none out.
pub(crate) const COMPANY_TOOLS: &str = "account_onboarding,admin,app_management,analytics,bid_board,\
    calendar,checklists,concierge,connection_hub,conversations,cost_catalog,directory,documents,\
    equipment,erp_integrations,permissions,planroom,home,prequalification,reports,schedule,timecard,\
    timesheets,workflows";
/// Every project tool of the tool table, and the custom tools of a large company: 60.
pub(crate) const PROJECT_TOOLS: &str = "admin,checklists,connection_hub,directory,documents,home,\
    reports,schedule,timesheets,action_plans,bidding,change_events,change_orders,commitments,\
    coordination_issues,communication_types,crews,daily_log,direct_costs,drawings,emails,forms,\
    incidents,meetings,observations,photos,prime_contracts,punch_list,rfi,site_instructions,\
    specification_sections,submittal_log,tasks,transmittals,webhooks_api,agent_builder,cover_letters,\
    budgeting,generic_tool_126094,generic_tool_126095,generic_tool_126096,generic_tool_126097,\
    generic_tool_126098,generic_tool_126099,generic_tool_126100,generic_tool_126101,\
    generic_tool_126102,generic_tool_126103,generic_tool_126104,generic_tool_126105,\
    generic_tool_126106,generic_tool_126107,generic_tool_126108,generic_tool_126109,\
    generic_tool_126110,generic_tool_126111,generic_tool_126112,generic_tool_126113,\
    generic_tool_126114,generic_tool_126115";

/// The size of everything in an export with so many grant facts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    /// Users, people and service identities together.
    pub users: usize,
    /// Projects.
    pub projects: usize,
    /// Rows of all project user lists together.
    pub memberships: usize,
    /// Apps with a service identity.
    pub integrations: usize,
    /// Legacy service accounts.
    pub legacy: usize,
    /// The memberships of service identities among all.
    of_services: usize,
}

impl Sizes {
    /// The sizes for about so many facts: one in ten service identities is a legacy account, one user in six is a
    /// person.
    pub(crate) fn of(facts: usize) -> Self {
        let services = (facts / FACTS_EACH).clamp(*SERVICES.start(), *SERVICES.end());
        let legacy = services / 10;
        let of_company = services * COMPANY_TOOLS.split(',').count();
        let of_services = facts.saturating_sub(of_company) / PROJECT_TOOLS.split(',').count();
        let projects = PROJECTS.max(services * 2 / 5).max(2 * of_services / services);
        let people = 20 + services / 5;
        let memberships = of_services + people * 5;
        Self { users: services + people, projects, memberships, integrations: services - legacy, legacy, of_services }
    }

    /// How the memberships are to be shared out.
    pub(crate) fn shares(&self) -> Shares {
        Shares { memberships: self.of_services, services: self.integrations + self.legacy }
    }
}

/// Memberships that service identities still have to get.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shares {
    memberships: usize,
    services: usize,
}

impl Shares {
    /// The share of the next service identity: half to one and a half times what is left for each.
    pub(crate) fn next(&mut self, rng: &mut Rng, most: usize) -> usize {
        let each = self.memberships / self.services.max(1);
        let share = if self.services <= 1 { self.memberships } else { rng.usize(each / 2..=each + each / 2) };
        let share = share.min(most).min(self.memberships);
        self.memberships -= share;
        self.services = self.services.saturating_sub(1);
        share
    }
}
