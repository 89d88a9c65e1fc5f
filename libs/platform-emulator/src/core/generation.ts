/** The generations of AnyWeb's protocol; a code leads to the replies of its own. */
export const generations = ['G1', 'G2', 'G3'] as const;
export type Generation = (typeof generations)[number];
