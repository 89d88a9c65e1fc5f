import { rememberedReservations, reservationBytes, slidingParts } from '../../../quota-store.port.js';
import { clockLua } from './prelude.js';

const remembered = rememberedReservations * reservationBytes;

/** A reservation is remembered only at a multiple of its length. */
const reservationLua = String.raw`
local amount, ceiling, reservation = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[5]
local function knows(reservations)
  for at = 1, #reservations, ${reservationBytes} do
    if sub(reservations, at, at + ${reservationBytes - 1}) == reservation then return true end
  end
end
local function remember(reservations) return sub(reservation .. reservations, 1, ${remembered}) end
`;

/** Quotas, cool-downs and marks: strings that begin with a number that scripts read. */
export const quotaScripts = {
  // amount, ceiling, end of the window, reservation; a window is: used, its end, reservations
  quotaTake: `${clockLua}${reservationLua}
local stored, used, till, reservations = call('GET', KEYS[1]), 0, 0, ''
if stored then
  used, till = unpack_('>dd', stored)
  reservations = sub(stored, 17)
  if till <= now() then used, reservations = 0, '' end
end
if knows(reservations) then return {1, used} end
if used + amount > ceiling then return {0, used} end
till = tonumber(ARGV[4])
keep(KEYS[1], pack('>dd', used + amount, till) .. remember(reservations), till)
return {1, used + amount}`,

  // amount, ceiling, length, reservation; a window is: its end, how many parts, each part's number and use, reservations
  quotaSlide: `${clockLua}${reservationLua}
local windowMs = tonumber(ARGV[4])
local partMs = windowMs / ${slidingParts}
local index = math.floor(now() / partMs)
local stored, used, current, parts, number, reservations = call('GET', KEYS[1]), 0, 0, '', 0, ''
if stored then
  local till, count = unpack_('>dI2', stored)
  if till > now() then
    for at = 11, 10 + 16 * count, 16 do
      local which, drawn = unpack_('>dd', stored, at)
      if which >= index - ${slidingParts} then
        used = used + drawn
        if which == index then current = drawn
        else parts, number = parts .. sub(stored, at, at + 15), number + 1 end
      end
    end
    reservations = sub(stored, 11 + 16 * count)
  end
end
if knows(reservations) then return {1, used} end
if used + amount > ceiling then return {0, used} end
local till = math.ceil(now() + windowMs + partMs)
parts = parts .. pack('>dd', index, current + amount)
keep(KEYS[1], pack('>dI2', till, number + 1) .. parts .. remember(reservations), till)
return {1, used + amount}`,

  // until
  coolDownSet: `${clockLua}
local till = tonumber(ARGV[2])
local stored = call('GET', KEYS[1])
local before = stored and unpack_('>d', stored) or 0
if till > before then keep(KEYS[1], pack('>d', till), till) end`,

  // for how long
  markSpend: `${clockLua}
local stored = call('GET', KEYS[1])
if stored and unpack_('>d', stored) > now() then return 0 end
local till = now() + tonumber(ARGV[2])
keep(KEYS[1], pack('>d', till), till)
return 1`,
} as const;
