// The functions' own processes, found below the stack's MiniStack by what they run.

import { readdirSync, readFileSync } from 'node:fs';

import { functionName, linkOf } from './callers.mjs';
import { until } from './deadline.mjs';
import { stack } from './stack.mjs';

/**
 * The pids of the processes of one function. Linux only, where /proc tells the environment of one's own processes.
 * @param {string} name the function's deployed name
 * @returns {number[]}
 */
export function functionProcesses(name) {
  const group = status(stack().pids.ministack)?.group;
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).map(Number)
    .filter((pid) => status(pid)?.group === group && runs(pid, name));
}

/**
 * The one process of a function that is at work: the one that keeps waking up. MiniStack keeps idle ones beside it.
 * @param {string} name
 * @returns {Promise<number>}
 */
export async function busyProcess(name) {
  const before = new Map(functionProcesses(name).map((pid) => [pid, wakeUps(pid)]));
  const busy = () => [...before].filter(([pid, count]) => wakeUps(pid) >= count + WAKE_UPS).map(([pid]) => pid);
  const [pid] = await until(`a process of ${name} is at work`, () => busy().length > 0 && busy());
  return pid;
}

/** How often a process at work wakes up before we believe it. */
const WAKE_UPS = 20;

/** @param {number} pid @returns {number} */
function wakeUps(pid) {
  const found = /^voluntary_ctxt_switches:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(found?.[1]);
}

/** @param {number} pid @returns {{state: string, group: number} | undefined} nothing of a process that is gone */
function status(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, which may hold blanks.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, group: Number(group) };
  } catch {
    return undefined;
  }
}

/** @param {number} pid @param {string} name */
function runs(pid, name) {
  return linkOf(`/proc/${pid}/exe`)?.endsWith('/bootstrap') && functionName(pid) === name;
}

/** A process dies at once, without a word; returns when it is dead and what it held open is closed. @param {number} pid */
export async function kill(pid) {
  process.kill(pid, 'SIGKILL');
  await until(`${pid} is dead`, () => [undefined, 'Z', 'X'].includes(status(pid)?.state));
}

/**
 * Puts a process to sleep, until the returned function wakes it or the test ends: a process that sleeps takes no
 * notice of the stack's end.
 * @param {{after: (undo: () => void) => void}} t
 * @param {number} pid
 */
export function asleep(t, pid) {
  process.kill(pid, 'SIGSTOP');
  const wake = () => {
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // It is gone.
    }
  };
  t.after(wake);
  return wake;
}
