// Loaded into Mockoon before it starts: the states that it draws at random are
// the same in each run, and so is the page. Its own flag seeds other values only.
let state = 1;
Math.random = () => {
  // mulberry32, public domain
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
};
