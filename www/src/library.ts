// The app's one door to the package. Every other file imports from here, so this list is all of
// cardkeep that the app uses, and it is public face only.

export { isCardkeepError, Keep, readCard, readChat, readWorld, version } from "cardkeep";
export type {
  Card,
  CardPatch,
  ChangeDetail,
  Character,
  CharacterEntry,
  ChatEntry,
  ChatHandle,
  Entry,
  Exported,
  ImportEvent,
  Json,
  Message,
  MessagePatch,
  NewMessage,
  RecoveredEdit,
  Saver,
  SaverDomain,
  SaverPatches,
  Settings,
  Snapshot,
  Unreadable,
  Version,
  Warning,
  World,
  WorldEntry,
  WorldLocation,
  WorldState,
} from "cardkeep";
