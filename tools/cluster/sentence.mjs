/** Something for whoever started this to put right, said in a sentence. */
export class Sentence extends Error {}
