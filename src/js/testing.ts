// The test kit: a medium in memory whose content can be kept, one that fails when it is told to, and the promises that
// every medium has to keep. Importing it does nothing, and loads nothing of the module.

export { conformance, type MediumPromise } from "./conformance.js";
export { faults, type FaultsOptions, type FaultyMedium, type MediumCall, type MediumCallName, type MediumFault, type MediumFaultWhat, type MediumFaultWhere } from "./faults.js";
export { compareKeys, type MediumContent, memoryMedium, type MemoryMedium, type MemoryMediumOptions } from "./memory.js";
export type { Medium, MediumBurst, MediumCheck, MediumEntry, MediumKey, MediumScan, MediumTable, MediumValue } from "./types/medium.js";
