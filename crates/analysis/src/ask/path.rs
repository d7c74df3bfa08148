//! The shortest way from one thing to another through the access graph.

use petgraph::algo::astar;
use petgraph::graph::NodeIndex;
use petgraph::visit::{EdgeFiltered, EdgeRef};

use smol_str::SmolStr;

use super::names::{Candidate, NameError, only};
use super::{Asked, graph_of, named};
use crate::audit::places::Places;
use cutover_inventory::graph::{AccessGraph, Gathered, Leads, View};
use cutover_model::escape;
use cutover_model::natural::counted;
use cutover_model::result::Thing;
use cutover_model::result::answer::{Answer, Entry, Verdict};
use cutover_model::result::audit::Step;

/// What a step counts that leads to what an app only asks for.
const ASKED: u32 = 100;

/// The picture in which a question about two things is asked: the projects and people that it names are in it.
fn picture(asked: &Asked<'_>, names: &[&str]) -> AccessGraph {
    let wanted: Vec<String> = names.iter().map(|name| name.trim().to_lowercase()).collect();
    let is_named = |id: &str, name: &str| {
        let (id, name) = (id.to_lowercase(), name.to_lowercase());
        wanted.iter().any(|one| !one.is_empty() && (id == *one || name.starts_with(one.as_str())))
    };
    let company = |number: usize| asked.inventory.companies.get(number);
    let shows = |number: usize, index: usize| {
        let identity = company(number).and_then(|company| company.directory.identities.get(index));
        identity.is_some_and(|one| {
            let email = one.email.value().map_or("", SmolStr::as_str);
            one.is_service() || is_named(&one.key(), &one.name) || is_named(email, email)
        })
    };
    let gathers = |number: usize, _, project: usize| {
        let project = company(number).and_then(|company| company.projects.get(project));
        let id = project.and_then(|one| one.id).map(|id| id.to_string()).unwrap_or_default();
        match project {
            Some(one) if is_named(&id, &one.name) => Gathered::Alone,
            _ => Gathered::Together,
        }
    };
    AccessGraph::picture(&asked.inventory, asked.tools, &View { shows: &shows, gathers: &gathers })
}

/// The node of this name in a picture.
pub(super) fn find(asked: &Asked<'_>, picture: &AccessGraph, name: &str) -> Result<NodeIndex, NameError> {
    let graph = picture.petgraph();
    let candidate = |index: NodeIndex| {
        let node = graph.node_weight(index)?;
        let company = asked.inventory.companies.get(node.company)?;
        let shown = format!("{} {} ({})", node.kind, escape::name(picture.name(node)), escape::name(&node.id));
        let mut names = vec![node.id.to_string(), picture.name(node).to_owned()];
        if let Some(cutover_inventory::graph::About::Identity(identity)) = picture.about(index) {
            let email = company.directory.identities.get(*identity).and_then(|identity| identity.email.value());
            names.extend(email.map(SmolStr::to_string));
        }
        names.retain(|name| !name.is_empty());
        Some(Candidate { thing: index, shown, names })
    };
    let candidates: Vec<_> = graph.node_indices().filter_map(candidate).collect();
    only("thing", name, &candidates)
}

pub(super) fn thing(picture: &AccessGraph, index: NodeIndex) -> Thing {
    let Some(node) = picture.petgraph().node_weight(index) else {
        return Thing::new("", "", "");
    };
    Thing::new(node.kind, node.id.clone(), picture.name(node))
}

/// The shortest way from one thing to another, or back.
///
/// # Errors
/// When a name names nothing, or more than one thing.
pub fn path(asked: &Asked<'_>, from: &str, to: &str) -> Result<Answer, NameError> {
    let picture = picture(asked, &[from, to]);
    let (one, two) = (find(asked, &picture, from)?, find(asked, &picture, to)?);
    let mut answer = asked.answer("path", vec![thing(&picture, one), thing(&picture, two)]);
    let (from, to) = (named(&thing(&picture, one)), named(&thing(&picture, two)));
    let there = way(asked, &picture, one, two);
    let back = || way(asked, &picture, two, one);
    let (found, verdict, sentence) = match there {
        Some(steps) => {
            let many = counted(steps.len(), "step");
            (Some((two, steps)), Verdict::Yes, format!("{to} is {many} from {from}."))
        }
        None => match back() {
            Some(steps) => (
                Some((one, steps)),
                Verdict::No,
                format!("There is no path from {from} to {to}, but one from {to} to {from}."),
            ),
            None => (None, Verdict::No, format!("There is no path from {from} to {to} or back.")),
        },
    };
    if let Some((end, why)) = found {
        let company = picture.petgraph().node_weight(end).and_then(|node| asked.inventory.companies.get(node.company));
        answer.entries = vec![Entry {
            company: company.map(|company| company.name.clone()).unwrap_or_default(),
            thing: thing(&picture, end),
            level: None,
            projects: None,
            members: Vec::new(),
            why,
            cuts: None,
            note: None,
        }];
    }
    answer.count = answer.entries.len();
    answer.graph = graph_of(&answer.entries);
    (answer.verdict, answer.answer) = (Some(verdict), sentence);
    Ok(answer)
}

/// The shortest way: along what leads to access, or else along anything.
fn way(asked: &Asked<'_>, picture: &AccessGraph, from: NodeIndex, to: NodeIndex) -> Option<Vec<Step>> {
    let graph = picture.petgraph();
    let cost = |leads: Leads| if leads == Leads::ToWishes { ASKED } else { 1 };
    let access =
        EdgeFiltered::from_fn(graph, |edge: petgraph::graph::EdgeReference<'_, cutover_inventory::graph::Edge>| {
            edge.weight().leads() == Leads::ToAccess
        });
    let held = astar(&access, from, |node| node == to, |_| 1, |_| 0);
    let any = || astar(graph, from, |node| node == to, |edge| cost(edge.weight().leads()), |_| 0);
    let (_, nodes) = held.or_else(any)?;
    let places = Places::of(asked.export);
    let step = |pair: &[NodeIndex]| {
        let [from, to] = pair else { return None };
        let edge = graph.edges_connecting(*from, *to).min_by_key(|edge| (cost(edge.weight().leads()), edge.id()))?;
        Some(Step {
            from: thing(picture, *from),
            edge: edge.weight().label().to_owned(),
            to: thing(picture, *to),
            because: escape::visible(&edge.weight().because(picture)).into_owned(),
            location: edge.weight().evidence().and_then(|said| places.location(said, false)),
        })
    };
    nodes.windows(2).map(step).collect()
}
