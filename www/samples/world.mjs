// The sample world, in the shape of a world_state.json: original text, free of rights (CC0).

const at = Date.UTC(2026, 0, 4, 18) / 1000;

const place = (position, location_id, name, description, more = {}) => [
  position,
  { location_id, name, description, coordinates: position.split(",").map(Number), npcs: [], events: [], ...more },
];

export const world = {
  metadata: { version: "1.0", created_at: at, last_modified: at, name: "Gannet Point" },
  current_position: "0,0,0",
  visited_positions: ["0,0,0", "0,-1,0"],
  locations: Object.fromEntries([
    place("0,0,0", "keepers_kitchen", "Keeper's Kitchen", "A stove, a bench, a kettle that is never quite cold. *The log lies open on the table, the pen across it.*", {
      npcs: ["Maren Holt"],
      events: [{ event_id: "kettle", type: "repeat", description: "The kettle shouts." }],
    }),
    place("0,-1,0", "landward_gate", "Landward Gate", "The road ends here, or begins. A tin letterbox, empty, faces inland."),
    place("1,0,0", "oil_store", "Oil Store", "Cool and dim. Forty cans in four rows, each with its date in chalk."),
    place("-1,0,0", "garden_wall", "Garden Wall", "Three cabbages and a wind-bent rose, in the lee of a wall that took a summer to build."),
    place("0,1,0", "seaward_door", "Seaward Door", "Oak, four inches thick, and the draught still finds its way in."),
    place("0,2,0", "landing_stage", "Landing Stage", "Iron rungs go down into green water. Someone has tied a blue ribbon to the third."),
    place("1,2,0", "boat_house", "Boat House", "A clinker dinghy named *Civil*, keel up, waiting for paint."),
    place("-1,2,0", "seal_rocks", "Seal Rocks", "At low tide you are looked at by thirty polite faces."),
    place("0,-2,0", "coast_road", "Coast Road", "It follows the cliff, because the cliff was there first."),
    place("1,-2,0", "bridge", "The Bridge", "The bus turns round here when the weather is bad, which the driver decides."),
    place("0,0,1", "stair_sixty_three", "Stair Sixty-Three", "A niche in the wall with a tin in it. The tin says ROPE. It is biscuits."),
    place("0,0,2", "lantern_room", "Lantern Room", "A great glass flower, turning. The flame in the middle is no bigger than your hand."),
    place("0,1,2", "gallery", "The Gallery", "Iron rail, all the wind there is, and twenty-one miles of dark."),
    place("1,0,2", "rocket_locker", "Rocket Locker", "A long box. *One means: I see you. Two means: stand off.*"),
    place("0,0,-1", "cistern", "The Cistern", "Rainwater, very still. Drop a word in and it takes a while to come back."),
  ]),
  unconnected_locations: {
    fourth_floor: {
      location_id: "fourth_floor",
      name: "The Fourth Floor",
      description: "Geraniums on the sill, and a cat who is always very civil.",
      lore_source: "Maren's letters",
    },
    stair_one_hundred_and_ten: {
      location_id: "stair_one_hundred_and_ten",
      name: "Stair One Hundred and Ten",
      description: "Nobody has stayed to find out.",
      lore_source: "Maren's rules",
    },
  },
  player: { health: 100, stamina: 80, level: 1, experience: 0, soup_eaten: 1, carrying: "a towel" },
};
