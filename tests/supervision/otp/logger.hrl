%% Stands in for kernel's logger.hrl while OTP's supervisor.erl is compiled for the differential test: what
%% the supervisor reports goes to the harness instead of the log.
-define(LOG_ERROR(Report, Meta), otp_harness:report(Report)).
-define(LOG_ERROR(Format, Arguments, Meta), otp_harness:report({Format, Arguments})).
-define(LOG_INFO(Report, Meta), ok).
