#if canImport(Darwin)
import Darwin

func systemStartTime(of pid: Int32) -> Int64? {
  var info = proc_bsdinfo()
  let size = Int32(MemoryLayout<proc_bsdinfo>.size)
  guard proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, size) == size else { return nil }
  return Int64(info.pbi_start_tvsec) * 1000 + Int64(info.pbi_start_tvusec) / 1000
}

func systemOpeners(of file: FileIdentity) -> FileOpeners {
  var found = FileOpeners(reach: .everyProcess)
  var pids = [pid_t](repeating: 0, count: Int(max(0, proc_listallpids(nil, 0))) + 64)
  let count = proc_listallpids(&pids, Int32(pids.count * MemoryLayout<pid_t>.size))
  guard count > 0 else { return FileOpeners(reach: .partial) }
  for pid in pids.prefix(Int(count)) {
    if !scan(pid, for: file, into: &found), found.reach == .everyProcess {
      found.reach = .ownProcesses
    }
  }
  return found
}

/// False if the process exists but may not be looked at.
private func scan(_ pid: pid_t, for file: FileIdentity, into found: inout FileOpeners) -> Bool {
  let entrySize = MemoryLayout<proc_fdinfo>.size
  let needed = proc_pidinfo(pid, PROC_PIDLISTFDS, 0, nil, 0)
  guard needed > 0 else { return errno != EPERM }
  var entries = [proc_fdinfo](repeating: proc_fdinfo(), count: Int(needed) / entrySize + 16)
  let got = proc_pidinfo(
    pid, PROC_PIDLISTFDS, 0, &entries, Int32(entries.count * entrySize))
  guard got > 0 else { return errno != EPERM }
  for entry in entries.prefix(Int(got) / entrySize)
  where entry.proc_fdtype == UInt32(PROX_FDTYPE_VNODE) {
    var info = vnode_fdinfo()
    let size = Int32(MemoryLayout<vnode_fdinfo>.size)
    guard proc_pidfdinfo(pid, entry.proc_fd, PROC_PIDFDVNODEINFO, &info, size) == size,
      info.pvi.vi_stat.vst_ino == file.inode,
      UInt64(info.pvi.vi_stat.vst_dev) == file.device
    else { continue }
    if info.pfi.fi_openflags & UInt32(FWRITE) == 0 {
      found.readers.insert(pid)
    } else {
      found.writers.insert(pid)
    }
  }
  return true
}

/// Not told apart here: whoever ended is soon asked for.
func hasEnded(_ pid: Int32) -> Bool { false }
#endif
