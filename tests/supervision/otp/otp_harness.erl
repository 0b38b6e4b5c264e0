%% Plays the scripts of the differential test (see script.hpp) on OTP's own supervisor in virtual time and
%% writes what it did, one line per event: "<script> <step> <channel> <text>".
%%
%%   erl -noshell +S 1:1 -pa DIR -run otp_harness main SUPERVISOR_ERL INCLUDE_DIR SCRIPTS LOG
%%
%% OTP has no virtual time, so its supervisor.erl is compiled here from source as module `otp_supervisor` with
%% four replacements in its syntax tree: the monotonic clock, timers, `receive ... after Time`, and `exit/2`,
%% which is logged before it happens. With a single scheduler, one active process means that every other waits.
-module(otp_harness).

-export([main/1]).
%% Called by otp_supervisor.
-export([init/1, report/1, exit_signal/2, monotonic_time/1, start_timer/3, cancel_timer/1]).
%% Start functions of the children.
-export([start_worker/4, start_supervisor/1]).

%% ---- compiling the supervisor ------------------------------------------------------------------------

main([Source, IncludeDir, Scripts, Log]) ->
    ok = logger:set_primary_config(level, none),
    compile_supervisor(Source, IncludeDir),
    load_everything(),
    {ok, Text} = file:read_file(Scripts),
    {ok, File} = file:open(Log, [write, raw, {delayed_write, 1 bsl 20, 1000}]),
    ets:new(harness, [named_table, public]),
    ets:new(timers, [named_table, public, ordered_set]),
    Lines = [string:lexemes(L, " ") || L <- string:lexemes(binary_to_list(Text), "\n")],
    play_all(Lines, File),
    ok = file:close(File),
    halt(0).

compile_supervisor(Source, IncludeDir) ->
    {ok, Forms} = epp:parse_file(Source, [{includes, [IncludeDir]}]),
    {ok, Module, Binary} = compile:forms([walk(F) || F <- Forms], [nowarn_unused_vars]),
    otp_supervisor = Module,
    {module, Module} = code:load_binary(Module, "otp_supervisor", Binary).

%% A process that waits for the code server would look idle to `quiet`.
load_everything() ->
    [begin
         {ok, Modules} = application:get_key(Application, modules),
         ok = code:ensure_modules_loaded(Modules)
     end || Application <- [kernel, stdlib]].

walk({attribute, L, module, supervisor}) ->
    {attribute, L, module, otp_supervisor};
walk({call, L, {remote, _, {atom, _, erlang}, {atom, _, monotonic_time}}, Arguments}) ->
    harness_call(L, monotonic_time, Arguments);
walk({call, L, {remote, _, {atom, _, erlang}, {atom, _, start_timer}}, Arguments}) ->
    harness_call(L, start_timer, walk(Arguments));
walk({call, L, {remote, _, {atom, _, erlang}, {atom, _, cancel_timer}}, Arguments}) ->
    harness_call(L, cancel_timer, walk(Arguments));
walk({call, L, {atom, _, exit}, [_, _] = Arguments}) ->
    harness_call(L, exit_signal, walk(Arguments));
walk({call, L, {remote, _, {atom, _, gen_server}, {atom, _, start_link}} = Function, Arguments}) ->
    Renamed = [case A of {atom, LA, supervisor} -> {atom, LA, otp_supervisor}; _ -> walk(A) end || A <- Arguments],
    {call, L, Function, Renamed};
walk({'receive', L, Clauses, {integer, _, 0} = Now, After}) ->
    {'receive', L, walk(Clauses), Now, walk(After)};
walk({'receive', L, Clauses, Time, After}) ->
    %% begin Timer = start_timer(Time, self(), elapsed),
    %%       Result = receive Clauses; {timeout, Timer, elapsed} -> After end,
    %%       cancel_timer(Timer), Result end
    Unique = integer_to_list(erlang:unique_integer([positive])),
    Timer = {var, L, list_to_atom("Timer" ++ Unique)},
    Result = {var, L, list_to_atom("Result" ++ Unique)},
    Elapsed = {clause, L, [{tuple, L, [{atom, L, timeout}, Timer, {atom, L, elapsed}]}], [], walk(After)},
    {block, L,
     [{match, L, Timer, harness_call(L, start_timer, [Time, {call, L, {atom, L, self}, []}, {atom, L, elapsed}])},
      {match, L, Result, {'receive', L, walk(Clauses) ++ [Elapsed]}},
      harness_call(L, cancel_timer, [Timer]),
      Result]};
walk(Tuple) when is_tuple(Tuple) ->
    list_to_tuple(walk(tuple_to_list(Tuple)));
walk([Head | Tail]) ->
    [walk(Head) | walk(Tail)];
walk(Other) ->
    Other.

harness_call(L, Function, Arguments) ->
    {call, L, {remote, L, {atom, L, ?MODULE}, {atom, L, Function}}, Arguments}.

%% ---- virtual time ------------------------------------------------------------------------------------

now_ms() -> get_value(now, 0).

monotonic_time(1) -> now_ms() div 1000.

start_timer(infinity, _Receiver, _Message) ->
    make_ref();
start_timer(Milliseconds, Receiver, Message) ->
    Reference = make_ref(),
    Order = ets:update_counter(harness, timer_order, 1, {timer_order, 0}),
    ets:insert(timers, {{now_ms() + Milliseconds, Order}, Reference, Receiver, Message}),
    Reference.

cancel_timer(Reference) ->
    ets:match_delete(timers, {'_', Reference, '_', '_'}).

advance(Milliseconds) ->
    quiet(),
    End = now_ms() + Milliseconds,
    fire_until(End),
    ets:insert(harness, {now, End}),
    quiet().

fire_until(End) ->
    case ets:first(timers) of
        {Due, _} = Key when Due =< End ->
            [{Key, Reference, Receiver, Message}] = ets:take(timers, Key),
            ets:insert(harness, {now, Due}),
            Receiver ! {timeout, Reference, Message},
            quiet(),
            fire_until(End);
        _ ->
            ok
    end.

%% Returns when every other process waits for a message. Run queues do not tell: a process may be on a dirty
%% scheduler, for one while its garbage is collected.
quiet() ->
    erlang:yield(),
    case erlang:statistics(total_active_tasks_all) of
        1 -> ok;
        _ -> quiet()
    end.

%% ---- what the supervisor does is logged --------------------------------------------------------------

report(#{label := {supervisor, shutdown}}) -> log(path_of(self()), "gave_up");
report(_) -> ok.

exit_signal(Pid, Reason) ->
    Path = path_of(Pid),
    case is_process_alive(Pid) of
        true -> log(parent(Path), ["signal ", id(Path), " ", atom_to_list(Reason)]);
        false -> ok
    end,
    exit(Pid, Reason).

log(Channel, Text) ->
    Order = ets:update_counter(harness, log_order, 1, {log_order, 0}),
    ets:insert(harness, {{log, Order}, [integer_to_list(get_value(step, 0)), " ", Channel, " ", Text]}).

%% ---- children ----------------------------------------------------------------------------------------

start_supervisor(Path) ->
    case otp_supervisor:start_link(?MODULE, Path) of
        {ok, Pid} ->
            log(parent(Path), ["start ", id(Path), " ok"]),
            {ok, Pid};
        {error, _} = Error ->
            log(parent(Path), ["start ", id(Path), " failed"]),
            Error
    end.

init(Path) ->
    bind(Path, self()),
    {supervisor, Strategy, Intensity, Period, Template} = get_value({spec, Path}, none),
    Flags = #{strategy => Strategy, intensity => Intensity, period => Period},
    {ok, {Flags, case Strategy of
                     simple_one_for_one -> [dynamic_template(Path, Template)];
                     _ -> [child_spec(Child) || Child <- get_value({children, Path}, [])]
                 end}}.

dynamic_template(Path, {Restart, Shutdown}) ->
    #{id => dynamic, start => {?MODULE, start_worker, [Path]}, restart => Restart, shutdown => Shutdown}.

child_spec(Path) ->
    child_spec(Path, get_value({spec, Path}, none)).

child_spec(Path, {worker, Restart, Shutdown, Stop, StartTime}) ->
    #{id => id(Path), start => {?MODULE, start_worker, [parent(Path), id(Path), Stop, StartTime]},
      restart => Restart, shutdown => Shutdown};
child_spec(Path, {supervisor, _, _, _, _}) ->
    #{id => id(Path), start => {?MODULE, start_supervisor, [Path]},
      restart => get_value({restart, Path}, none), shutdown => infinity, type => supervisor}.

start_worker(Parent, Id, Stop, StartTime) ->
    Path = Parent ++ "/" ++ Id,
    case get_value({fail, Path}, 0) of
        0 ->
            Supervisor = self(),
            Pid = spawn_link(fun() -> worker(Supervisor, Stop, StartTime) end),
            bind(Path, Pid),
            receive
                {started, Pid} ->
                    log(Parent, ["start ", Id, " ok"]),
                    {ok, Pid};
                {'EXIT', Pid, Reason} ->
                    log(Parent, ["start ", Id, " failed"]),
                    {error, {scripted, Reason}}
            end;
        Left ->
            ets:insert(harness, {{fail, Path}, Left - 1}),
            log(Parent, ["start ", Id, " failed"]),
            {error, scripted}
    end.

worker(Supervisor, Stop, StartTime) ->
    process_flag(trap_exit, true),
    wait(StartTime),
    forget_crashes(),
    Supervisor ! {started, self()},
    serve(Supervisor, Stop).

serve(Supervisor, Stop) ->
    receive
        {crash, Reason} -> exit(Reason);
        {'EXIT', Supervisor, shutdown} -> stop(Supervisor, Stop);
        {'EXIT', Supervisor, Reason} -> exit(Reason);
        {timeout, _, stopped} -> exit(shutdown)
    end.

stop(_, obey) -> exit(shutdown);
stop(_, normal) -> exit(normal);
stop(_, fail) -> exit(boom);
stop(Supervisor, stubborn) -> serve(Supervisor, stubborn);
stop(Supervisor, {slow, Time}) ->
    start_timer(Time, self(), stopped),
    serve(Supervisor, stubborn).

forget_crashes() ->
    receive {crash, _} -> forget_crashes() after 0 -> ok end.

wait(0) -> ok;
wait(Time) ->
    start_timer(Time, self(), waited),
    receive {timeout, _, waited} -> ok end.

%% ---- playing scripts ---------------------------------------------------------------------------------

play_all([], _) ->
    ok;
play_all([["script", Number] | Lines], File) ->
    ets:delete_all_objects(harness),
    ets:delete_all_objects(timers),
    {Tree, [["begin"] | Rest]} = lists:splitwith(fun(Line) -> Line =/= ["begin"] end, Lines),
    {Steps, [["end"] | Next]} = lists:splitwith(fun(Line) -> Line =/= ["end"] end, Rest),
    lists:foreach(fun declare/1, Tree),
    play(Steps),
    Log = lists:sort(ets:match_object(harness, {{log, '_'}, '_'})),
    ok = file:write(File, [[Number, " ", Line, "\n"] || {_, Line} <- Log]),
    play_all(Next, File).

declare(["supervisor", Path, Restart, Strategy, Intensity, Period, TemplateRestart, TemplateShutdown]) ->
    set({restart, Path}, list_to_atom(Restart)),
    set({spec, Path}, {supervisor, strategy(Strategy), list_to_integer(Intensity), list_to_integer(Period),
                       {list_to_atom(TemplateRestart), shutdown(TemplateShutdown)}}),
    set(supervisors, get_value(supervisors, []) ++ [Path]),
    add_to_parent(Path);
declare(["worker", Path | Fields]) ->
    set({spec, Path}, worker_spec(Fields)),
    add_to_parent(Path).

worker_spec([Restart, Shutdown, Stop, StartTime]) ->
    {worker, list_to_atom(Restart), shutdown(Shutdown), manner(Stop), list_to_integer(StartTime)}.

add_to_parent("top") ->
    ok;
add_to_parent(Path) ->
    set({children, parent(Path)}, get_value({children, parent(Path)}, []) ++ [Path]).

play(Steps) ->
    Owner = spawn(fun own_top/0),
    finish_step(),
    lists:foldl(fun(Step, Number) ->
                        set(step, Number),
                        perform(Step),
                        finish_step(),
                        Number + 1
                end, 1, Steps),
    set(step, length(Steps) + 1),
    Owner ! stop,
    advance(600000),
    exit(Owner, kill),
    quiet().

%% The top supervisor's parent: the process whose `shutdown` it obeys.
own_top() ->
    process_flag(trap_exit, true),
    case otp_supervisor:start_link(?MODULE, "top") of
        {ok, Top} ->
            receive {'EXIT', Top, Reason} -> log("top", ["end ", reason_class(Reason)])
            after 0 -> own_top(Top)
            end;
        {error, Reason} ->
            log("top", ["end ", reason_class(Reason)])
    end.

own_top(Top) ->
    receive
        stop -> exit(Top, shutdown), own_top(Top);
        {'EXIT', Top, Reason} -> log("top", ["end ", reason_class(Reason)])
    end.

reason_class(shutdown) -> "shutdown";
reason_class({shutdown, _}) -> "start_failed";
reason_class(killed) -> "killed".

perform(["advance", Milliseconds]) ->
    advance(list_to_integer(Milliseconds));
perform(["fail_next", Path, Count]) ->
    set({fail, Path}, list_to_integer(Count));
perform(["crash", Path, Reason]) ->
    crash(Path, Reason);
perform(["crash_both", Path1, Reason1, Path2, Reason2]) ->
    while_suspended(parent(Path1), fun() -> crash(Path1, Reason1), crash(Path2, Reason2) end);
perform(["crash_and", Path, Reason | Command]) ->
    while_suspended(parent(Path), fun() -> crash(Path, Reason), command(Command), quiet() end);
perform(Command) ->
    command(Command).

crash(Path, Reason) ->
    case pid(Path) of
        none -> ok;
        Pid when Reason =:= "killed" -> exit(Pid, kill);
        Pid -> Pid ! {crash, case Reason of "detail" -> {shutdown, detail}; _ -> list_to_atom(Reason) end}
    end,
    quiet().

while_suspended(Path, Function) ->
    case pid(Path) of
        none ->
            Function();
        Pid ->
            erlang:suspend_process(Pid),
            Function(),
            erlang:resume_process(Pid)
    end.

command([Verb, Path | Fields]) ->
    Supervisor = pid(parent(Path)),
    spawn(fun() -> log("reply", [Verb, " ", Path, " ", command(Verb, Supervisor, Path, Fields)]) end),
    quiet().

command(_, none, _, _) ->
    "down";
command(Verb, Supervisor, Path, Fields) ->
    try reply(request(Verb, is_dynamic(parent(Path)), Supervisor, Path, Fields))
    catch exit:_ -> "down"
    end.

request("start", false, Supervisor, Path, Fields) ->
    otp_supervisor:start_child(Supervisor, child_spec(Path, worker_spec(Fields)));
request("start", true, Supervisor, Path, [_, _, Stop, StartTime]) ->
    case pid(Path) of % OTP does not know dynamic children by id, this library does
        none -> otp_supervisor:start_child(Supervisor, [id(Path), manner(Stop), list_to_integer(StartTime)]);
        Pid -> {error, {already_started, Pid}}
    end;
request("terminate", true, Supervisor, Path, []) ->
    case pid(Path) of
        none -> {error, not_found};
        Pid -> otp_supervisor:terminate_child(Supervisor, Pid)
    end;
request("terminate", false, Supervisor, Path, []) ->
    otp_supervisor:terminate_child(Supervisor, id(Path));
request("restart", _, Supervisor, Path, []) ->
    otp_supervisor:restart_child(Supervisor, id(Path));
request("delete", _, Supervisor, Path, []) ->
    otp_supervisor:delete_child(Supervisor, id(Path)).

reply(ok) -> "ok";
reply({ok, _}) -> "ok";
reply({error, {already_started, _}}) -> "already_started";
reply({error, simple_one_for_one}) -> "dynamic_children";
reply({error, Code}) when is_atom(Code), Code =/= scripted -> atom_to_list(Code);
reply({error, _}) -> "start_failed".

finish_step() ->
    quiet(),
    [show(Path, pid(Path)) || Path <- get_value(supervisors, [])].

show(_, none) ->
    ok;
show(Path, Supervisor) ->
    Player = self(),
    Asker = spawn(fun() ->
                          Children = otp_supervisor:which_children(Supervisor),
                          Counts = otp_supervisor:count_children(Supervisor),
                          Player ! {self(), Children, Counts}
                  end),
    quiet(),
    receive
        {Asker, Children, Counts} ->
            log(Path, ["children ", lists:join(",", describe(is_dynamic(Path), Children)), " ",
                       lists:join("/", [integer_to_list(N) || {_, N} <- Counts])])
    after 0 ->
            exit(Asker, kill),
            quiet(),
            receive {Asker, _, _} -> ok after 0 -> ok end,
            log(Path, "busy")
    end.

describe(true, Children) -> lists:sort([[id(path_of(Pid)), ":running"] || {_, Pid, _, _} <- Children, is_pid(Pid)]);
describe(false, Children) -> [[Id, ":", state(Pid)] || {Id, Pid, _, _} <- lists:reverse(Children)].

state(undefined) -> "stopped";
state(restarting) -> "restarting";
state(_) -> "running".

%% ---- small helpers -----------------------------------------------------------------------------------

is_dynamic(Path) ->
    element(2, get_value({spec, Path}, none)) =:= simple_one_for_one.

strategy("dynamic") -> simple_one_for_one;
strategy(Name) -> list_to_atom(Name).

shutdown("brutal_kill") -> brutal_kill;
shutdown("infinity") -> infinity;
shutdown("-") -> none;
shutdown(Milliseconds) -> list_to_integer(Milliseconds).

manner("slow:" ++ Milliseconds) -> {slow, list_to_integer(Milliseconds)};
manner(Name) -> list_to_atom(Name).

bind(Path, Pid) ->
    set({pid, Path}, Pid),
    set({path, Pid}, Path).

pid(Path) ->
    case get_value({pid, Path}, none) of
        none -> none;
        Pid -> case is_process_alive(Pid) of true -> Pid; false -> none end
    end.

path_of(Pid) -> get_value({path, Pid}, "?").

parent(Path) -> lists:flatten(lists:join("/", lists:droplast(string:lexemes(Path, "/")))).

id(Path) -> lists:last(string:lexemes(Path, "/")).

set(Key, Value) -> ets:insert(harness, {Key, Value}).

get_value(Key, Default) ->
    case ets:lookup(harness, Key) of
        [{_, Value}] -> Value;
        [] -> Default
    end.
