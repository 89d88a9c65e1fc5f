export { nameOf } from '../vault/index.js';
