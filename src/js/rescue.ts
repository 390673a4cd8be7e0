// Where a keep goes on when its database cannot be opened any more: a storage bucket of its own, since Chromium keeps all
// databases of a bucket in one place that fails as a whole; elsewhere, where each database has its own, another name.

/** A database. The module reads this by name. */
export interface Place {
  factory: IDBFactory;
  name: string;
}

/** The way to the other place of one keep. The module calls these by name. */
export interface RescuePort {
  /** The place, when the keep went there some time. */
  there(): Promise<Place | undefined>;
  /** The place to go to, new; `undefined` when the keep has to stay. */
  make(): Promise<Place | undefined>;
}

interface Bucket {
  indexedDB: IDBFactory;
}

interface Buckets {
  keys(): Promise<string[]>;
  open(name: string, options: { persisted: boolean }): Promise<Bucket>;
}

const BUCKET = "cardkeep-rescue";

function buckets(): Buckets | undefined {
  return (navigator as { storageBuckets?: Buckets }).storageBuckets;
}

function bucket(from: Buckets): Promise<Bucket> {
  // Where this is not granted, the bucket is as lasting as everything else of the origin.
  return from.open(BUCKET, { persisted: true });
}

/** Whether no page has the keep open: one that has still writes where it was. */
async function deserted(keep: string): Promise<boolean> {
  const held = (await navigator.locks?.query())?.held ?? [];
  return !held.some(({ name }) => name?.startsWith(`cardkeep:${keep}:writer:`));
}

/** Also tells whether the keep is there now. */
export class Rescue implements RescuePort {
  readonly #keep: string;
  used = false;

  constructor(keep: string) {
    this.#keep = keep;
  }

  async there(): Promise<Place | undefined> {
    const place = await this.#known();
    this.used ||= place !== undefined;
    return place;
  }

  async make(): Promise<Place | undefined> {
    if (!(await deserted(this.#keep))) return undefined;
    const from = buckets();
    this.used = true;
    return from === undefined ? this.#beside() : { factory: (await bucket(from)).indexedDB, name: this.#keep };
  }

  async #known(): Promise<Place | undefined> {
    const from = buckets();
    if (from !== undefined) {
      if (!(await from.keys()).includes(BUCKET)) return undefined;
      const factory = (await bucket(from)).indexedDB;
      return (await has(factory, this.#keep)) ? { factory, name: this.#keep } : undefined;
    }
    const place = this.#beside();
    return (await has(place.factory, place.name)) ? place : undefined;
  }

  #beside(): Place {
    // A tilde is in no name of a keep.
    return { factory: indexedDB, name: `${this.#keep}~rescue` };
  }
}

async function has(factory: IDBFactory, database: string): Promise<boolean> {
  const all = (await factory.databases?.()) ?? [];
  return all.some(({ name }) => name === database);
}
