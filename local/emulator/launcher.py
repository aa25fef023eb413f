"""Runs MiniStack with the gaps filled that our stack meets.

    python launcher.py        # the same environment variables as `ministack`

Written against the version pinned in requirements.txt. Each function below marked @gap restores one AWS behaviour and
stands alone: when MiniStack has it, delete the function and its row in README.md. A gap whose hook no longer exists
ends the start with its name, so a version change cannot silently lose one.
"""

import json
import os
import shutil
import signal
import sys
import threading
import time

GAPS = []


def gap(fill):
    GAPS.append(fill)
    return fill


# --- Latency -----------------------------------------------------------------------------------------------------------


@gap
def a_silent_function_answers_at_once():
    """A function that logs nothing answers as fast as one that does.

    MiniStack waits 50 ms for a first log line after each answer. Node writes to a pipe synchronously, so what the
    function logged is already there. A line that comes later still counts: it goes with the next call's log.
    """
    from ministack.core.lambda_runtime import Worker

    drain = Worker._drain_stderr_bounded
    Worker._drain_stderr_bounded = lambda worker: drain(worker, first_line_wait=0.003, idle_confirm=0.002)


@gap
def queues_are_polled_at_least_every_100_ms():
    """A message that becomes visible by time (delay, visibility timeout) is taken as soon as it may be.

    A new message wakes MiniStack's poller, but the passing of time does not: it then looks once a second. It also
    rests 50 ms after each wake that concerned no queue, such as every write to a table with a stream.
    """
    from ministack.services import lambda_svc

    wake = lambda_svc._esm_wake

    class PromptWake:
        set = staticmethod(wake.set)
        clear = staticmethod(wake.clear)

        @staticmethod
        def wait(timeout):
            return wake.wait(min(timeout, 0.1))

    assert lambda_svc._ESM_IDLE_WAKE_GAP_SECONDS > 0.005
    lambda_svc._ESM_IDLE_WAKE_GAP_SECONDS = 0.005
    lambda_svc._esm_wake = PromptWake


# --- DynamoDB streams --------------------------------------------------------------------------------------------------


@gap
def streams_retry_as_on_aws():
    """ReportBatchItemFailures, BisectBatchOnFunctionError, MaximumRetryAttempts and OnFailure count for a stream.

    MiniStack takes a partial failure for a success and repeats a thrown error for ever. It also waits for the function
    in the thread that polls every other mapping, so a slow consumer stops all queues: here each stream mapping has a
    thread of its own.
    """
    from ministack.services import dynamodb, lambda_svc

    arrivals = threading.Condition()
    emit = dynamodb._emit_stream_event

    def emit_and_wake(*args, **kwargs):
        emit(*args, **kwargs)
        with arrivals:
            arrivals.notify_all()

    dynamodb._emit_stream_event = emit_and_wake
    consumers = {}

    def start_missing_consumers():
        for account, region, mapping in lambda_svc._iter_all_esms():
            mapping_id = mapping["UUID"]
            if ":dynamodb:" in mapping.get("EventSourceArn", "") and mapping_id not in consumers:
                consumers[mapping_id] = StreamConsumer(account, region, mapping_id, arrivals)
                threading.Thread(target=consumers[mapping_id].run, name=f"stream-{mapping_id}", daemon=True).start()
        for mapping_id in [known for known, consumer in consumers.items() if consumer.ended]:
            del consumers[mapping_id]
        return False

    assert callable(lambda_svc._poll_dynamodb_streams)
    lambda_svc._poll_dynamodb_streams = start_missing_consumers


class StreamConsumer:
    """One event source mapping of a table's stream, which here is a single shard read in order."""

    def __init__(self, account, region, mapping_id, arrivals):
        self.account, self.region, self.mapping_id, self.arrivals = account, region, mapping_id, arrivals
        self.ended = False
        self.position = None  # of the first record not yet done with
        self.attempts = 0  # failed calls at this position
        self.size = None  # batch size left after bisecting, at this position

    def run(self):
        from ministack.services import lambda_svc

        lambda_svc._request_account_id.set(self.account)
        lambda_svc._request_region.set(self.region)
        while True:
            mapping = lambda_svc._esms.get(self.mapping_id)
            if mapping is None:
                self.ended = True
                return
            try:
                pause = self.deliver_batch(mapping)
            except Exception:  # a table deleted meanwhile, or a defect: never end the thread of a living mapping
                lambda_svc.logger.exception("stream mapping %s", self.mapping_id)
                pause = 1.0
            if pause is None:  # nothing there: until a write, or 100 ms
                with self.arrivals:
                    self.arrivals.wait(0.1)
            elif pause > 0:
                time.sleep(pause)

    def deliver_batch(self, mapping):
        """Calls the function once. Returns the seconds to wait before the next batch, None when there was none."""
        from ministack.services import dynamodb, lambda_svc

        if not mapping.get("Enabled", True):
            return None
        stream_arn = mapping["EventSourceArn"]
        table = stream_arn.split(":table/")[1].split("/")[0]
        function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
        if function is None or (dynamodb._tables.get(table) or {}).get("LatestStreamArn") != stream_arn:
            return None

        position = self.current_position(mapping, table)
        batch = dynamodb.stream_records_since(table, position, self.size or int(mapping.get("BatchSize", 100)))
        if not batch:
            return None
        wanted = lambda_svc._apply_filter_criteria(batch, mapping)
        if not wanted:
            return self.advance(position + len(batch))

        result = lambda_svc._execute_function(function, {"Records": wanted})
        if result.get("throttle"):
            return 0.1  # not a failure of the function: AWS tries again without counting
        failed_at = first_failure(batch, mapping, result)
        if failed_at is None:
            mapping["LastProcessingResult"] = f"OK - {len(wanted)} records"
            return self.advance(position + len(batch))
        mapping["LastProcessingResult"] = "FAILED"
        if failed_at > 0:  # the records before the reported one are done; retries are counted afresh from it
            return self.advance(position + failed_at)
        if is_true(mapping.get("BisectBatchOnFunctionError")) and len(batch) > 1:
            self.size = len(batch) // 2  # halving does not use up a retry
            return 0
        self.attempts += 1
        condition = given_up(mapping, batch, self.attempts)
        if condition:
            lambda_svc._send_ddb_stream_failure_record(mapping, function, wanted, stream_arn, result, condition)
            return self.advance(position + len(batch))
        lambda_svc.logger.warning("stream mapping %s: attempt %d failed: %s", self.mapping_id, self.attempts, result.get("body"))
        return min(0.1 * 2**self.attempts, 5)

    def current_position(self, mapping, table):
        from ministack.services import dynamodb, lambda_svc

        horizon = dynamodb.stream_start_position(table)
        begin = horizon if mapping.get("StartingPosition") == "TRIM_HORIZON" else dynamodb.stream_end_position(table)
        with lambda_svc._dynamodb_stream_positions_lock:
            position = max(lambda_svc._dynamodb_stream_positions.setdefault(self.mapping_id, begin), horizon)
        if position != self.position:
            self.position, self.attempts, self.size = position, 0, None
        return position

    def advance(self, position):
        from ministack.services import lambda_svc

        with lambda_svc._dynamodb_stream_positions_lock:
            lambda_svc._dynamodb_stream_positions[self.mapping_id] = position
        return 0


def first_failure(batch, mapping, result):
    """Index in the batch of the first record to deliver again, None when all succeeded."""
    if result.get("error"):
        return 0
    answer = result.get("body")
    if isinstance(answer, (str, bytes)):
        try:
            answer = json.loads(answer)
        except ValueError:
            answer = None
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []) or not isinstance(answer, dict):
        return None
    failures = answer.get("batchItemFailures") or []
    sequence = [record["dynamodb"]["SequenceNumber"] for record in batch]
    # An identifier that is not in the batch fails the whole batch, as on AWS.
    positions = [sequence.index(f["itemIdentifier"]) if f.get("itemIdentifier") in sequence else 0 for f in failures]
    return min(positions, default=None)


def given_up(mapping, batch, attempts):
    """Why this batch goes to the failure destination now, None to try again. Absent limits and -1 mean no limit."""
    retries = int(mapping.get("MaximumRetryAttempts", -1))
    if 0 <= retries < attempts:
        return "RetryAttemptsExhausted"
    limit = int(mapping.get("MaximumRecordAgeInSeconds", -1))
    age = time.time() - float(batch[0]["dynamodb"].get("ApproximateCreationDateTime", time.time()))
    return "MaxRecordAgeExceeded" if 0 < limit < age else None


# --- DynamoDB tables ---------------------------------------------------------------------------------------------------

TABLE_TYPES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")


@gap
def a_global_table_keeps_its_name_through_an_update():
    """An update of AWS::DynamoDB::GlobalTable (CDK's TableV2) keeps the table, its items and its stream.

    MiniStack derives the table's name without the logical id there, takes the other name for a change, and replaces
    the table by an empty one.
    """
    from ministack.services.cloudformation import provisioners

    handler = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::GlobalTable"]
    update = handler["update"]

    def update_in_place(physical_id, old, new, stack_name, logical_id=None):
        old, new = ({**props, "TableName": props.get("TableName") or physical_id} for props in (old, new))
        return update(physical_id, old, new, stack_name)

    handler.update(update=update_in_place, update_with_logical_id=True)


@gap
def time_to_live_of_a_template_is_applied():
    """TimeToLiveSpecification of a template turns expiry on; MiniStack knows it only from the UpdateTimeToLive call."""
    from ministack.services import dynamodb
    from ministack.services.cloudformation import provisioners

    def apply(name, props, old=None):
        setting = props.get("TimeToLiveSpecification")
        if setting:
            dynamodb._update_ttl(
                {"TableName": name, "TimeToLiveSpecification": {**setting, "Enabled": is_true(setting.get("Enabled", True))}}
            )
        elif old and old.get("TimeToLiveSpecification"):
            dynamodb._ttl_settings.pop(name, None)

    for kind in TABLE_TYPES:
        after_create_and_update(provisioners._RESOURCE_HANDLERS[kind], apply)


@gap
def expiry_writes_a_stream_record():
    """An item deleted by TTL appears in the stream as REMOVE with the service's userIdentity, by which consumers know."""
    from ministack.core.responses import _request_account_id as account_of_call
    from ministack.core.responses import _request_region as region_of_call
    from ministack.services import dynamodb

    remove, build = dynamodb._remove_item, dynamodb._build_change_record

    def reaping():
        return threading.current_thread().name == "dynamodb-ttl-reaper"

    def remove_and_tell(table, *key):
        item = remove(table, *key)
        if item is not None and reaping():
            region, account = table["TableArn"].split(":")[3:5]
            account_of_call.set(account)
            region_of_call.set(region)
            dynamodb._emit_stream_event(table["TableName"], "REMOVE", item, None)
        return item

    def build_with_identity(*args, **kwargs):
        record = build(*args, **kwargs)
        if reaping():
            record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
        return record

    assert any(thread.name == "dynamodb-ttl-reaper" for thread in threading.enumerate())
    dynamodb._remove_item, dynamodb._build_change_record = remove_and_tell, build_with_identity


# --- S3 ----------------------------------------------------------------------------------------------------------------


@gap
def tags_of_a_template_reach_the_bucket():
    """A bucket has the Tags of its template. CDK's autoDeleteObjects empties only a bucket it finds its tag on."""
    from ministack.services import s3
    from ministack.services.cloudformation import provisioners

    def apply(name, props, old=None):
        tags = {tag["Key"]: tag["Value"] for tag in props.get("Tags") or []}
        if tags:
            s3._bucket_tags[name] = tags
        elif old and old.get("Tags"):
            s3._bucket_tags.pop(name, None)

    after_create_and_update(provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"], apply)


# --- Lambda ------------------------------------------------------------------------------------------------------------


@gap
def concurrency_and_dead_letters_of_a_template_are_applied():
    """ReservedConcurrentExecutions and DeadLetterConfig of a template count; MiniStack knows them only from API calls."""
    from ministack.services import lambda_svc
    from ministack.services.cloudformation import provisioners

    def apply(name, props, old=None):
        function = lambda_svc._functions[name]
        reserved = props.get("ReservedConcurrentExecutions")
        function["concurrency"] = None if reserved is None else int(reserved)
        function["config"]["DeadLetterConfig"] = props.get("DeadLetterConfig")
        if not props.get("DeadLetterConfig"):
            del function["config"]["DeadLetterConfig"]

    after_create_and_update(provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"], apply)


# --- CloudWatch --------------------------------------------------------------------------------------------------------


@gap
def alarms_on_expressions_are_accepted():
    """An alarm on a metric math expression deploys. It is not evaluated: it stays INSUFFICIENT_DATA."""
    from ministack.services.cloudformation import provisioners

    record = provisioners._cw_metric_alarm_record

    def record_of_any_alarm(name, props):
        if not props.get("Metrics"):
            return record(name, props)
        stand_in = {"Namespace": "Expression", "MetricName": name}
        return record(name, {**{key: value for key, value in props.items() if key != "Metrics"}, **stand_in})

    provisioners._cw_metric_alarm_record = record_of_any_alarm


@gap
def composite_alarms_and_saved_queries_are_accepted():
    """Composite alarms and saved Logs Insights queries deploy. They do nothing here, and nothing reads them."""
    from ministack.services.cloudformation import provisioners

    def accept(name_property, arn):
        def create(logical_id, props, stack_name):
            name = props.get(name_property) or provisioners._physical_name(stack_name, logical_id, max_len=255)
            return name, arn(name)

        def update(physical_id, old, new, stack_name, logical_id=None):
            return physical_id, arn(physical_id)

        return {"create": create, "update": update, "update_with_logical_id": True, "delete": lambda *_: None}

    def alarm_arn(name):
        return {"Arn": f"arn:aws:cloudwatch:{provisioners.get_region()}:{provisioners.get_account_id()}:alarm:{name}"}

    known = provisioners._RESOURCE_HANDLERS
    assert "AWS::CloudWatch::CompositeAlarm" not in known and "AWS::Logs::QueryDefinition" not in known
    known["AWS::CloudWatch::CompositeAlarm"] = accept("AlarmName", alarm_arn)
    known["AWS::Logs::QueryDefinition"] = accept("Name", lambda name: {"QueryDefinitionId": name})


# --- Helpers of the gaps -----------------------------------------------------------------------------------------------


def is_true(value):
    """CloudFormation templates spell booleans as JSON booleans or as strings."""
    return str(value).lower() == "true"


def after_create_and_update(handler, apply):
    """Lets `apply(physical id, properties, old properties)` finish what a resource's create and update leave out."""
    create, update, with_logical_id = handler["create"], handler["update"], handler.get("update_with_logical_id")

    def create_then_apply(logical_id, props, stack_name):
        name, attributes = create(logical_id, props, stack_name)
        apply(name, props)
        return name, attributes

    def update_then_apply(physical_id, old, new, stack_name, logical_id=None):
        extra = {"logical_id": logical_id} if with_logical_id else {}
        name, attributes = update(physical_id, old, new, stack_name, **extra)
        apply(name, new, old)
        return name, attributes

    handler.update(create=create_then_apply, update=update_then_apply)


# --- Life and death ----------------------------------------------------------------------------------------------------


def end_with_our_starter():
    """Ends this process and its functions when the pipe on stdin closes: that survives even a SIGKILL of the starter."""

    def watch():
        while os.read(0, 1024):
            pass
        end_process_group()

    threading.Thread(target=watch, name="starter-watch", daemon=True).start()


def end_process_group():
    # All state is in memory: there is nothing to finish, so nothing may delay the end.
    if os.environ.get("EMULATOR_TEMPORARY"):
        shutil.rmtree(os.environ["EMULATOR_TEMPORARY"], ignore_errors=True)
    # The starter gave us a process group of our own. Without one (a container, Windows) our own end is enough: there
    # the functions see their stdin close.
    if os.environ.get("EMULATOR_OWNS_GROUP") == "1" and hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def fill_gaps():
    for fill in GAPS:
        try:
            fill()
        except (AttributeError, KeyError, ImportError, AssertionError) as error:
            sys.exit(
                f"This MiniStack does not fit launcher.py: {fill.__name__} found {error!r}. "
                "Install the version in requirements.txt, or check that gap as README.md says."
            )


if __name__ == "__main__":
    os.closerange(3, 1024)  # whatever our starter's starter left open: a detached emulator must hold nobody's pipe
    if os.environ.get("EMULATOR_WATCHES_STDIN") == "1":
        end_with_our_starter()
    fill_gaps()
    from ministack.app import main

    main()
