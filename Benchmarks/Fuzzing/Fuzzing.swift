import CrashTrace
import Foundation

/// Reads damaged files of one kind, one after the other, in this process. `reliability/fuzz.py` starts it, limits it, and
/// starts it again behind a file that ended it.
///
///     Fuzzing KIND FIRST LAST CORPUS SCRATCH [KEPT]
///
/// What ends the process, be it five seconds on one file, prints its innermost frames before.
///
/// SCRATCH/status holds three 64-bit integers: the number of the file being read, how many were refused, and how many were
/// read. Of the first KEPT that are read, SCRATCH/kept gets the file and what was read of it.
@main
struct Fuzzing {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard (6...7).contains(arguments.count), let kind = Kind(rawValue: arguments[1]),
      let first = Int(arguments[2]), let last = Int(arguments[3])
    else {
      print("usage: Fuzzing \(Kind.allCases.map(\.rawValue).joined(separator: "|")) FIRST LAST CORPUS SCRATCH [KEPT]")
      exit(64)
    }
    let (corpus, scratch) = (arguments[4], arguments[5])
    var left = arguments.count > 6 ? Int(arguments[6]) ?? 0 : 0
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(corpus)/\(kind.rawValue)").sorted()
    var mutator = try Mutator(
      names.map { try Seed([UInt8](Data(contentsOf: URL(filePath: "\(corpus)/\(kind.rawValue)/\($0)")))) })
    var status = try Status("\(scratch)/status")

    report_where_it_ends()
    for number in first..<last {
      status.number = Int64(number)
      alarm(5)
      let name = names[number % names.count]
      // The name tells some readers what the file is.
      let path = "\(scratch)/\(name)"
      try Data(mutator.mutated(number)).write(to: URL(filePath: path))
      let companion = "\(corpus)/\(kind.rawValue).weights/\(name).h5"
      let kept = left > 0 ? "\(scratch)/kept/\(number)-\(name).read" : nil
      do {
        try kind.read(path, companion: FileManager.default.fileExists(atPath: companion) ? companion : nil, kept: kept)
        status.read += 1
        if left > 0 {
          left -= 1
          try FileManager.default.copyItem(atPath: path, toPath: "\(scratch)/kept/\(number)-\(name)")
        }
      } catch {
        status.refused += 1
        if ProcessInfo.processInfo.environment["FUZZING_PRINT"] != nil { print("\(number): \(error)") }
      }
    }
    status.number = Int64(last)
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
