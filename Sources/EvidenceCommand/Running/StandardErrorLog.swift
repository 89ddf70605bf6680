import Logging

/// swift-log's messages as lines on standard error; installed by `--verbose`, otherwise nothing is logged.
struct StandardErrorLog: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.debug

  /// Sends everything that is logged from now on to standard error.
  static func bootstrap() {
    // Once a process: swift-log takes a second call for a mistake.
    _ = installed
  }

  private static let installed: Void = LoggingSystem.bootstrap { _ in StandardErrorLog() }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let values = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
    let pairs = values.map { " \($0.key)=\($0.value)" }.joined()
    Console.shared.log("\(event.message)\(pairs)")
  }
}

/// The command's logger: silent unless `--verbose`.
enum Log {
  /// What is being done, for somebody who wonders.
  static func debug(_ message: @autoclosure () -> String, _ metadata: [String: String] = [:]) {
    guard Console.shared.isVerbose else { return }
    Logger(label: "evidence").debug("\(message())", metadata: metadata.mapValues { .string($0) })
  }
}
