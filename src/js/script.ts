// Starting workers under a page's policy.

/** The browser's constructor, as bundlers see it where a worker is started. @internal */
export type StartWorker = new (script: URL, options: WorkerOptions) => Worker;

interface ScriptPolicy {
  createScriptURL(script: string): unknown;
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(script: string): string }): ScriptPolicy;
}

let policy: ScriptPolicy | undefined;

/**
 * Starts a worker of this package, also where the page's policy wants trusted addresses: such a page has to allow the policy
 * `cardkeep`.
 * @internal
 */
export const TrustedWorker = function (script: URL, options: WorkerOptions): Worker {
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  policy ??= trustedTypes?.createPolicy("cardkeep", { createScriptURL: (address) => address });
  return new Worker((policy?.createScriptURL(script.href) ?? script) as URL, options);
} as unknown as StartWorker;
