import CrashTrace
import Foundation
import Reading

/// Reads damaged files of one kind, one after the other, in this process. `reliability/fuzz.py` starts it, limits it, and
/// starts it again behind a file that ended it.
///
///     Fuzzing KIND FIRST LAST CORPUS SCRATCH
///
/// What ends the process, be it two seconds of processor time on one file, prints its innermost frames before.
///
/// SCRATCH/status holds three 64-bit integers: the number of the file being read, how many were refused, and how many were
/// read. SCRATCH/kept gets each file that is read, and what was read of it.
@main
struct Fuzzing {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 6, let kind = Kind(rawValue: arguments[1]),
      let first = Int(arguments[2]), let last = Int(arguments[3])
    else {
      print("usage: Fuzzing \(Kind.allCases.map(\.rawValue).joined(separator: "|")) FIRST LAST CORPUS SCRATCH")
      exit(64)
    }
    let (corpus, scratch) = (arguments[4], arguments[5])
    let names = try files(in: "\(corpus)/\(kind.rawValue)")
    let companions = try names.map { name in
      let folder = "\(corpus)/\(kind.rawValue).with/\(name)"
      return try FileManager.default.fileExists(atPath: folder) ? files(in: folder).map { "\(folder)/\($0)" } : []
    }
    var mutator = try Mutator(
      names.map { try Seed([UInt8](Data(contentsOf: URL(filePath: "\(corpus)/\(kind.rawValue)/\($0)")))) })
    var status = try Status("\(scratch)/status")

    report_where_it_ends()
    for number in first..<last {
      status.number = Int64(number)
      limit_processor_time(2)
      let name = names[number % names.count]
      // The name tells some readers what the file is.
      let path = "\(scratch)/\(name)"
      try Data(mutator.mutated(number)).write(to: URL(filePath: path))
      let kept = "\(scratch)/kept/\(number)-\(name)"
      do {
        try kind.read(path, companions: companions[number % names.count], kept: kept + ".read")
        status.read += 1
        rename(path, kept)
      } catch {
        status.refused += 1
        if ProcessInfo.processInfo.environment["FUZZING_PRINT"] != nil { print("\(number): \(error)") }
      }
    }
    status.number = Int64(last)
  }

  private static func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }
}

/// Counts in a file that outlive the process.
struct Status: ~Copyable {
  private let counts: UnsafeMutablePointer<Int64>

  init(_ path: String) throws {
    let descriptor = open(path, O_RDWR)
    guard descriptor >= 0, let memory = mmap(nil, 24, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      memory != MAP_FAILED
    else { throw POSIXError(.EIO) }
    close(descriptor)
    counts = memory.bindMemory(to: Int64.self, capacity: 3)
  }

  var number: Int64 {
    get { counts[0] }
    set { counts[0] = newValue }
  }
  var refused: Int64 {
    get { counts[1] }
    set { counts[1] = newValue }
  }
  var read: Int64 {
    get { counts[2] }
    set { counts[2] = newValue }
  }
}
