import { type Condition } from '../core/contract.js';
import { type Answer, hasValue, readPath } from './answer.js';

/** Whether a decoded answer meets a condition. Paths start at the root. */
export function meets(answer: Answer, condition: Condition): boolean {
  if ('all' in condition) return condition.all.every((part) => meets(answer, part));
  if ('any' in condition) return condition.any.some((part) => meets(answer, part));
  if ('present' in condition) return hasValue(readPath(answer, undefined, condition.present));
  if ('absent' in condition) return !hasValue(readPath(answer, undefined, condition.absent));
  if ('equals' in condition) {
    const value = readPath(answer, undefined, condition.equals[0]);
    return (
      (typeof value === 'string' || typeof value === 'number') &&
      String(value) === String(condition.equals[1])
    );
  }
  return true;
}
