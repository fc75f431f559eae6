func run() {}
run()
