import { rememberedReservations, reservationBytes } from './quota-store.port.js';

/** Whether `reservation` is among the remembered ones. */
export function hasReservation(reservations: Buffer, reservation: Buffer): boolean {
  for (let at = 0; at < reservations.length; at += reservationBytes) {
    if (reservations.subarray(at, at + reservationBytes).equals(reservation)) return true;
  }
  return false;
}

/** The remembered reservations with `reservation` in front and the oldest dropped. */
export function rememberReservation(reservations: Buffer | undefined, reservation: Buffer): Buffer {
  const all = reservations === undefined ? [reservation] : [reservation, reservations];
  return Buffer.concat(all).subarray(0, rememberedReservations * reservationBytes);
}

/**
 * What a draw must be made of.
 *
 * @throws RangeError when it is anything else
 */
export function checkDraw(amount: number, reservation: Buffer): void {
  if (!Number.isSafeInteger(amount) || amount < 0) throw new RangeError('An amount is a whole number.');
  if (reservation.length !== reservationBytes) {
    throw new RangeError(`The id of a reservation is ${reservationBytes} bytes long.`);
  }
}
