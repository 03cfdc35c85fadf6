/// The trace of the running task, carried from request to event to the next service.
public enum CurrentTrace {
    /// Where this work stands in its trace; absent outside a request or message.
    @TaskLocal public static var context: TraceContext?
}
