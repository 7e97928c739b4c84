"""The stories `phoihop demo` tells: commands with their instants, as officers would type them.

They are invented. The places and projects are those the plan of 18/4/2022 names; the documents, dates,
positions and decisions are not real. A step is a command line, in English here and in Vietnamese in the
catalogue (aliases and texts): whoever reads the demo can type the same. What falls due between two steps
happens by itself. Reading order: Step, Story, STORIES.
"""

from __future__ import annotations

from typing import NamedTuple

from states.errors import N_

LAST = "2022-07-29 08:00"
"""When the demo ends and the board is shown."""

DESK = "btg"
"""Whose desk to look at afterwards."""


class Step(NamedTuple):
    """At a local time, what one types (a msgid, without `phoihop`). `exit` is the code it must end with."""

    at: str
    typed: str
    exit: int = 0


class Story(NamedTuple):
    """A title, what to watch for, and the steps in order."""

    title: str
    about: str
    steps: tuple[Step, ...]


EXPRESSWAY = Story(
    N_("Land for the Đồng Đăng - Trà Lĩnh expressway: all goes well"),
    N_("Each party acknowledges and signs off; resolving is refused until everything planned for before is done."),
    (
        Step(
            "2022-04-04 08:10",
            N_(
                'open matter --as so_gtvt --title "Land for the Đồng Đăng - Trà Lĩnh expressway" --area land'
                " --document 31/BC-SGTVT:1/4"
            ),
        ),
        Step(
            "2022-04-04 14:00",
            N_(
                "advance VV-1 notify --as btg --with partner=so_tnmt --with partner=huyen_thach_an"
                " --with partner=so_tttt"
            ),
        ),
        Step("2022-04-05 09:00", N_("advance VV-1 acknowledge --as so_tnmt")),
        Step("2022-04-05 10:30", N_("advance VV-1 acknowledge --as huyen_thach_an")),
        Step("2022-04-06 08:45", N_("advance VV-1 acknowledge --as so_tttt")),
        Step(
            "2022-04-08 09:00",
            N_(
                "advance VV-1 submit_plan --as btg --document 12/KH-BTG:8/4"
                ' --row measures "phase=before; agency=huyen_thach_an; by=18/4; title=Publish the compensation plan"'
                ' --row measures "phase=after; agency=so_tttt; by=27/5; title=Report the result in the press"'
            ),
        ),
        Step("2022-04-12 08:30", N_("advance VV-1 agree --as so_tnmt")),
        Step("2022-04-12 09:15", N_("advance VV-1 agree --as huyen_thach_an")),
        Step("2022-04-12 10:00", N_("advance VV-1 agree --as so_tttt")),
        Step("2022-04-13 15:00", N_("advance VV-1 agree --as ubnd")),
        Step(
            "2022-04-14 09:00",
            N_(
                "advance VV-1 resolve --as ubnd --document 88/KL-UBND:14/4"
                ' --conclusion "The site is handed over in two stages"'
            ),
            1,
        ),
        Step("2022-04-15 16:00", N_("advance VV-1 measure_done --as huyen_thach_an --document 9/BC-UBND:15/4")),
        Step(
            "2022-04-20 09:00",
            N_(
                "advance VV-1 resolve --as ubnd --document 91/KL-UBND:20/4"
                ' --conclusion "The site is handed over in two stages"'
            ),
        ),
        Step("2022-04-26 10:00", N_("advance VV-1 advise_lessons --as btg --document 40/BC-BTG:26/4")),
        Step("2022-04-28 15:00", N_("advance VV-1 record_lessons --as ubnd --document 95/BC-UBND:28/4")),
    ),
)

DAIRY = Story(
    N_("The dairy project: by phone at 16:50 on the Friday before four days off"),
    N_("Six hours run by the clock, over the holiday; the written notice is owed when offices open again."),
    (
        Step(
            "2022-04-29 16:50",
            N_(
                'open matter --as so_nnptnt --title "Waste water of the dairy project" --area environment --urgent'
                ' --by-phone --called "Office of the Department called the standing unit" --called-at 16:45'
            ),
        ),
        Step(
            "2022-04-29 18:05",
            N_("advance VV-2 notify --as btg --with partner=huyen_quang_hoa --with partner=so_tnmt"),
        ),
        Step("2022-04-29 20:30", N_("advance VV-2 acknowledge --as huyen_quang_hoa")),
        Step("2022-04-30 08:00", N_("advance VV-2 acknowledge --as so_tnmt")),
        Step("2022-05-04 08:30", N_("advance VV-2 send_written --as so_nnptnt --document 57/BC-SNN:4/5")),
        Step("2022-05-04 09:00", N_("show VV-2 --as btg")),
        Step(
            "2022-05-05 08:00",
            N_(
                "advance VV-2 submit_plan --as btg --document 15/KH-BTG:5/5"
                ' --row measures "phase=during; agency=so_tnmt; by=20/5; title=Publish the monitoring results"'
            ),
        ),
        Step("2022-05-05 10:00", N_("advance VV-2 agree --as so_tnmt")),
        Step("2022-05-05 14:00", N_("advance VV-2 agree --as huyen_quang_hoa")),
        Step("2022-05-05 16:00", N_("advance VV-2 agree --as ubnd")),
        Step("2022-05-06 09:00", N_("extend VV-2 conclude --as btg --for 5wd --reason 'Monitoring takes two weeks'")),
        Step("2022-05-19 15:00", N_("advance VV-2 measure_done --as so_tnmt --document 71/BC-STNMT:19/5")),
        Step(
            "2022-05-25 10:00",
            N_(
                "advance VV-2 resolve --as ubnd --document 120/KL-UBND:25/5"
                ' --conclusion "The treatment plant is enlarged before the second stage"'
            ),
        ),
        Step("2022-05-27 09:00", N_("advance VV-1 measure_done --as so_tttt")),
        Step("2022-06-03 09:00", N_("advance VV-2 advise_lessons --as btg --document 52/BC-BTG:3/6")),
        Step("2022-06-06 09:00", N_("advance VV-2 record_lessons --as ubnd --document 131/BC-UBND:6/6")),
    ),
)

SILENCE = Story(
    N_("The expressway again: one party keeps silent, and the ladder is climbed"),
    N_("Nobody answers for a party: its focal point, its leader, the lead and the lead's leader are told in turn."),
    (
        Step(
            "2022-06-06 10:00",
            N_(
                'open matter --as so_gtvt --title "Resettlement along the expressway, Quảng Hoà section" --area housing'
                " --document 63/BC-SGTVT:6/6"
            ),
        ),
        Step(
            "2022-06-06 15:00",
            N_("advance VV-3 notify --as btg --with partner=huyen_quang_hoa --with partner=so_xd"),
        ),
        Step("2022-06-07 09:00", N_("advance VV-3 acknowledge --as so_xd")),
        Step("2022-06-15 17:30", N_("stuck --all")),
        Step("2022-06-15 17:31", N_("overdue --as huyen_quang_hoa")),
        Step("2022-06-17 09:30", N_("advance VV-3 acknowledge --as huyen_quang_hoa")),
    ),
)

MUSEUM = Story(
    N_("The provincial museum: a disagreement goes to the Standing Committee"),
    N_("It is not settled in three working days, so the scheduler escalates it; the direction returns it to the plan."),
    (
        Step(
            "2022-06-20 08:30",
            N_(
                'open matter --as so_vhttdl --title "Site of the provincial museum" --area heritage'
                " --document 44/BC-SVHTTDL:17/6"
            ),
        ),
        Step(
            "2022-06-20 10:00",
            N_("advance VV-4 notify --as btg --with partner=so_xd --with partner=tp_cao_bang"),
        ),
        Step("2022-06-20 14:00", N_("advance VV-4 acknowledge --as so_xd")),
        Step("2022-06-21 08:00", N_("advance VV-4 acknowledge --as tp_cao_bang")),
        Step(
            "2022-06-22 08:30",
            N_(
                "advance VV-4 submit_plan --as btg --document 21/KH-BTG:22/6"
                ' --row measures "phase=before; agency=tp_cao_bang; by=29/7; title=Consult the residents of the ward"'
            ),
        ),
        Step("2022-06-22 15:00", N_("advance VV-4 agree --as tp_cao_bang")),
        Step(
            "2022-06-23 09:00",
            N_(
                'advance VV-4 object --as so_xd --question "Build on the old site, or on a new one?"'
                ' --position "A new site: the old one is below the flood line"'
            ),
        ),
        Step("2022-07-01 08:00", N_("advance VV-4 --as thuong_truc")),
        Step(
            "2022-07-01 14:00",
            N_(
                "advance VV-4 direct --as thuong_truc --document 402/TB-TU:1/7"
                ' --direction "The new site. Draw up the plan again, with the flood survey"'
            ),
        ),
        Step(
            "2022-07-05 08:00",
            N_(
                "advance VV-4 submit_plan --as btg --document 24/KH-BTG:5/7"
                ' --row measures "phase=before; agency=tp_cao_bang; by=29/7; title=Consult the residents of the ward"'
                ' --row measures "phase=before; agency=so_xd; by=22/7; title=Flood survey of the new site"'
            ),
        ),
        Step("2022-07-05 15:00", N_("advance VV-4 agree --as so_xd")),
        Step("2022-07-06 08:00", N_("advance VV-4 agree --as tp_cao_bang")),
        Step("2022-07-06 09:30", N_("advance VV-4 agree --as ubnd")),
        Step("2022-07-06 10:00", N_("history VV-4")),
    ),
)

STORIES = (EXPRESSWAY, DAIRY, SILENCE, MUSEUM)
