//! What the kernel says of a process and of the machine: /proc, read and taken apart.

use std::fs;

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};

/// Ticks a second in /proc/PID/stat: `USER_HZ`, which is 100 on every Linux.
const TICKS_PER_S: f64 = 100.0;

/// CPU time of a process, all its threads, ended ones too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cpu {
    pub(crate) user_s: f64,
    pub(crate) system_s: f64,
}

impl Cpu {
    pub(crate) fn total_s(self) -> f64 {
        self.user_s + self.system_s
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            user_s: self.user_s - before.user_s,
            system_s: self.system_s - before.system_s,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            user_s: self.user_s + other.user_s,
            system_s: self.system_s + other.system_s,
        }
    }
}

/// Memory of a process in KiB: resident, and the part of it that no file backs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) rss_kib: u64,
    pub(crate) anon_kib: u64,
}

/// CPU time of a process and of the processes that it started.
pub(crate) fn cpu(pid: u32) -> anyhow::Result<Cpu> {
    children(pid)
        .into_iter()
        .try_fold(cpu_alone(pid)?, |sum, child| Ok(sum.plus(cpu(child)?)))
}

/// CPU time of a process without those that it started.
pub(crate) fn cpu_alone(pid: u32) -> anyhow::Result<Cpu> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    parse_stat(&stat).ok_or_else(|| anyhow!("/proc/{pid}/stat was not understood"))
}

/// Memory of a process and of the processes that it started.
pub(crate) fn memory(pid: u32) -> anyhow::Result<Memory> {
    let status = read(&format!("/proc/{pid}/status"))?;
    let own =
        parse_status(&status).ok_or_else(|| anyhow!("/proc/{pid}/status was not understood"))?;
    children(pid).into_iter().try_fold(own, |sum, child| {
        let more = memory(child)?;
        Ok(Memory {
            rss_kib: sum.rss_kib + more.rss_kib,
            anon_kib: sum.anon_kib + more.anon_kib,
        })
    })
}

fn children(pid: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let of_task = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).ok();
    let lists: Vec<String> = tasks.filter_map(|task| of_task(task.ok()?)).collect();
    lists
        .iter()
        .flat_map(|list| list.split_whitespace())
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(path)
        .with_context(|| format!("{path} cannot be read; has the process ended?"))
}

/// Fields 14 and 15 of proc(5)'s stat; the name in parentheses may hold blanks and parentheses.
fn parse_stat(stat: &str) -> Option<Cpu> {
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace().skip(11);
    let mut seconds = || Some(fields.next()?.parse::<f64>().ok()? / TICKS_PER_S);
    Some(Cpu {
        user_s: seconds()?,
        system_s: seconds()?,
    })
}

fn parse_status(status: &str) -> Option<Memory> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    Some(Memory {
        rss_kib: field("VmRSS:")?,
        anon_kib: field("RssAnon:")?,
    })
}

/// The load average of the last minute.
pub(crate) fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split_whitespace().next();
    first.and_then(|load| load.parse().ok()).unwrap_or(f64::NAN)
}

/// The machine in one line: processor, cores, memory, kernel and its TCP.
pub(crate) fn machine() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let control = "/proc/sys/net/ipv4/tcp_congestion_control";
    let control = fs::read_to_string(control).unwrap_or_default();
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':'))
            .map_or_else(|| "unknown".into(), |(_, value)| value.trim().to_owned())
    };
    let cores = cpuinfo
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let kib = value(&meminfo, "MemTotal")
        .trim_end_matches(" kB")
        .parse::<u64>()
        .unwrap_or(0);
    format!(
        "{}, {cores} cores, {} GiB of memory, Linux {}, TCP congestion control {}",
        value(&cpuinfo, "model name"),
        kib.div_ceil(1024 * 1024),
        kernel.trim(),
        control.trim()
    )
}

#[cfg(test)]
mod tests {
    use super::{Cpu, Memory, cpu, memory, parse_stat, parse_status};

    #[test]
    fn stat_is_read_behind_a_name_with_blanks_and_parentheses() {
        let stat = "7 (a b) (c)) S 1 7 7 0 -1 4194304 100 0 0 0 250 75 9 9 20 0 3 0 55 1 2";
        let expected = Cpu {
            user_s: 2.5,
            system_s: 0.75,
        };
        assert_eq!(parse_stat(stat), Some(expected));
        assert_eq!(parse_stat("7 (x) S 1 2"), None);
        assert_eq!(parse_stat(""), None);
    }

    #[test]
    fn status_gives_resident_memory_and_its_anonymous_part() {
        let status = "Name:\tx\nVmHWM:\t  900 kB\nVmRSS:\t    812 kB\nRssAnon:\t 40 kB\n";
        let expected = Memory {
            rss_kib: 812,
            anon_kib: 40,
        };
        assert_eq!(parse_status(status), Some(expected));
        assert_eq!(parse_status("Name: kernel thread"), None);
    }

    #[test]
    fn this_process_can_be_read() {
        let pid = std::process::id();
        assert!(cpu(pid).unwrap().total_s() >= 0.0);
        assert!(memory(pid).unwrap().rss_kib > 0);
    }
}
