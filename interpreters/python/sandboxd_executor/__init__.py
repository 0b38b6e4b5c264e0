"""The Python side of sandboxd's code contexts: a fork server, and the executors that are forks of it.

    fork_server     imports the libraries once, forks an executor on request, reports how executors end
    dense_heap      has what a fork makes lie together
    packages        notices that packages were installed, upgraded or removed
    isolation       gives an executor a PID and a mount namespace of its own
    executor        what a fork does: takes requests, runs cells, answers
    interruption    lets SIGINT reach user code, and nothing but user code
    shell           the IPython shell, told where its results go
    plain_shell     the shell where IPython is not installed
    plain_formats   the MIME bundles of objects for it
    event_loop      what the cells of both await
    outlet          where the results of both go
    channel         the frames between an executor and the daemon
    streams         sys.stdout and sys.stderr, in order with each other and with results
    results         what is sent of a displayed object, and how much
    charts          what a matplotlib figure shows, as data
    chart_series    the series of it
    figures         the matplotlib backend, which displays figures
    chosen_backend  has matplotlib take it
    watched_plots   what is remembered for it while matplotlib draws
    tables          pandas frames, as data
    tracebacks      what is told of an exception
"""
