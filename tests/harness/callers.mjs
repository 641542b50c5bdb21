// Finds the process at the other end of a local connection. Linux only, because it reads /proc.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** @typedef {{pid?: number, function?: string}} Caller */

/** Prefix of a function's deployed name; the rest is its folder's name. */
const PREFIX = 'longwire-';

/** @type {WeakMap<import('node:net').Socket, Caller>} */
const known = new WeakMap();

/**
 * Finds the function at the other end of a connection and remembers it.
 * @param {import('node:net').Socket} socket
 * @returns {Caller}
 */
export function callerOf(socket) {
  const caller = known.get(socket) ?? find(socket.remotePort ?? 0, socket.localPort ?? 0);
  known.set(socket, caller);
  return caller;
}

/** @param {number} theirs @param {number} ours @returns {Caller} */
function find(theirs, ours) {
  const inode = inodeOf(theirs, ours);
  const pid = inode && holderOf(inode);
  return pid ? { pid, function: functionName(pid)?.replace(PREFIX, '') } : {};
}

/** Finds the socket of 127.0.0.1:theirs → 127.0.0.1:ours. @param {number} theirs @param {number} ours */
function inodeOf(theirs, ours) {
  const end = (/** @type {number} */ port) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const table = readFileSync('/proc/net/tcp', 'utf8');
  const at = table.indexOf(`${end(theirs)} ${end(ours)} `);
  return at < 0 ? undefined : table.slice(at, table.indexOf('\n', at)).split(/\s+/)[8];
}

/**
 * Processes by the inodes of their sockets, as of the last scan. A scan costs milliseconds and answers for all
 * connections that exist, so that many new ones, as at the start of many processes, need one.
 * @type {Map<string, number>}
 */
let holders = new Map();

/** @param {string} inode @returns {number | undefined} the function's process that holds the socket */
function holderOf(inode) {
  if (!holders.has(inode)) holders = new Map(functionPids().flatMap(socketsOf));
  return holders.get(inode);
}

/** @param {number} pid @returns {[string, number][]} the inodes of the sockets of a process */
function socketsOf(pid) {
  const folder = `/proc/${pid}/fd`;
  const links = namesIn(folder).map((name) => linkOf(`${folder}/${name}`) ?? '');
  return links.filter((link) => link.startsWith('socket:[')).map((link) => [link.slice(8, -1), pid]);
}

/** Lists the processes of functions, of all stacks. */
function functionPids() {
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => linkOf(`/proc/${pid}/exe`)?.endsWith('/bootstrap'));
}

/** @param {number} pid @returns {string | undefined} the name its function was deployed with */
function functionName(pid) {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.find((each) => each.startsWith('AWS_LAMBDA_FUNCTION_NAME='))?.split('=')[1];
  } catch {
    return undefined;
  }
}

/** @param {string} folder @returns {string[]} */
function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** @param {string} path @returns {string | undefined} */
function linkOf(path) {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
