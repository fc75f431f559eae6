// One call: code at the top level of this file is isolated to the main actor.
runReplay()
