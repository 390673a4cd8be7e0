// The events of a world in words: when they happen, what they need, and what has become of them in a run. What follows from
// them, the package decides.

import type { EventTrigger, Json, WorldLocation, WorldState } from "../library";

export interface WorldEvent {
  id: string;
  name: string;
  on: EventTrigger["on"];
  /** Who has to be talked to. */
  npc?: string;
  when: string;
  needs: string[];
  /** How often it happened. */
  count: number;
  /** Whether it happens no more. */
  over: boolean;
}

type Fields = { [key: string]: Json };

const WHEN: Record<EventTrigger["on"], string> = {
  enter: "When you come here",
  leave: "When you leave",
  talk: "When you talk to somebody",
  turns: "With every turn",
  manual: "When you want it to",
};

const SIGNS: Record<string, string> = { "=": "is", "!=": "is not", ">": "is above", "<": "is below", ">=": "is at least", "<=": "is at most" };

/** Those of a location and those of the world itself; what is no event that can happen is left out. */
export function eventsOf(world: WorldState, here: WorldLocation | undefined, states: { [event: string]: Json }): WorldEvent[] {
  const everywhere = Array.isArray(world.events) ? world.events : [];
  return [...(here?.events ?? []), ...everywhere].flatMap((event) => {
    if (!isFields(event) || typeof event.id !== "string") return [];
    const trigger = isFields(event.trigger) ? event.trigger : { on: event.trigger ?? null };
    const on = (Object.keys(WHEN) as EventTrigger["on"][]).find((known) => known === trigger.on);
    if (on === undefined) return [];
    if (typeof event.at === "string" && event.at !== here?.location_id) return [];
    const state = states[event.id];
    const count = isFields(state) && typeof state.count === "number" ? state.count : 0;
    return [{
      id: event.id,
      name: typeof event.name === "string" && event.name !== "" ? event.name : event.id,
      on,
      ...(typeof trigger.npc === "string" && { npc: trigger.npc }),
      when: on === "turns" ? turns(trigger) : WHEN[on],
      needs: (Array.isArray(event.conditions) ? event.conditions : []).flatMap(need),
      count,
      over: event.once === true && count > 0,
    }];
  });
}

function turns({ every, after }: Fields): string {
  const begin = typeof every === "number" && every > 1 ? `Every ${every} turns` : WHEN.turns;
  return typeof after === "number" ? `${begin} from turn ${after} on` : begin;
}

function need(condition: Json): string[] {
  if (!isFields(condition)) return [];
  const { not, ...rest } = condition;
  if (not === true) return need(rest).map((words) => `it is not so that ${words}`);
  const { stat, is, value, visited, event, npc } = rest;
  if (typeof stat === "string") return [`${stat} ${SIGNS[typeof is === "string" ? is : "="] ?? "is"} ${String(value)}`];
  if (typeof visited === "string") return [`you were at ${visited}`];
  if (typeof event === "string") return [`“${event}” happened`];
  if (typeof npc === "string") return [`${npc} is here`];
  return [];
}

function isFields(value: Json | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
